// SPDX-License-Identifier: BSL-1.0
#include "tests/storage/story.hpp"

#include <sqlite3.h>

#include <map>
#include <utility>

#include "conq/jobs.hpp"

using conq::job_options;
using conq::job_state;
using conq::status;
using conq::store_error;
using namespace std::chrono_literals;
namespace jobs = conq::jobs;

story::story(const std::string& path, jobs::durability level) {
    url_.path = path;
    url_.level = level;
    url_.checkpoint_pages = 20;
}

template <class Call> bool story::attempt(Call call) {
    is_in_doubt_ = false;
    if (queue_ == nullptr && !open()) return false;
    try {
        call();
        return true;
    } catch (const conq::in_doubt_error& error) {
        is_in_doubt_ = true;
        errors_.emplace_back(error.what());
    } catch (const store_error& error) {
        errors_.emplace_back(error.what());
    }
    // Does what the error message says.
    if (errors_.back().find("open the queue anew") != std::string::npos) queue_.reset();
    return false;
}

bool story::open() {
    try {
        queue_ = jobs::open_sqlite(url_);
        return true;
    } catch (const store_error& error) {
        errors_.emplace_back(error.what());
        return false;
    }
}

void story::put(const std::string& body) {
    put_batch({body});
}

void story::put_batch(const std::vector<std::string>& bodies) {
    const job_options options{.max_crashes = 1000};
    std::vector<jobs::new_job> all;
    for (const std::string& each : bodies) all.push_back({each, &options});
    std::vector<conq::job_id> ids(all.size());
    heard_.tries.insert(bodies.begin(), bodies.end());
    if (attempt([&] { queue_->put(all, ids); })) {
        heard_.puts.insert(heard_.puts.end(), bodies.begin(), bodies.end());
    } else if (!is_in_doubt_) {
        heard_.refusals.insert(bodies.begin(), bodies.end());
    }
}

std::vector<jobs::granted> story::claim(std::size_t most) {
    std::vector<jobs::granted> some;
    attempt([&] { queue_->claim(1h, most, some); });
    return some;
}

void story::end(const std::vector<jobs::granted>& some, jobs::ending how) {
    std::vector<jobs::ticket> held;
    for (const jobs::granted& each : some) {
        held.push_back(each.at);
        if (how == jobs::ending::forget) heard_.forgets.insert(each.body);
    }
    if (held.empty()) return;
    attempt([&] {
        std::vector<status> answers(held.size());
        queue_->end(held, how, {"note", "output"}, 0ms, answers);
        if (how != jobs::ending::done && how != jobs::ending::forget) return;
        for (std::size_t i = 0; i < held.size(); ++i) {
            if (answers[i] == status::ok) heard_.dones.insert(some[i].body);
        }
    });
}

namespace {

// The body of a job that fills two pages.
std::string big(int number) {
    return "big-" + std::to_string(number) + std::string(5000, 'x');
}

}  // namespace

void story::run() {
    put("one");
    put_batch({"two", "three", "four", "five"});
    end(claim(), jobs::ending::done);
    end(claim(), jobs::ending::retry);
    const std::vector<jobs::granted> held = claim();
    for (const auto& each : held) attempt([&] { queue_->renew({&each.at, 1}, 2h); });
    attempt([&] { queue_->set_paused(true); });
    attempt([&] { queue_->remember("name", "value", true); });
    attempt([&] { queue_->set_paused(false); });
    end(held, jobs::ending::give_back);
    end(claim(), jobs::ending::fail);
    attempt([&] { queue_->revive(3); });
    attempt([&] { queue_->cancel(4); });
    for (int i = 0; i < 12; ++i) {
        put(big(i));
        end(claim(), jobs::ending::done);
    }
    for (const auto how : {jobs::ending::done, jobs::ending::forget}) {
        const std::string name = how == jobs::ending::done ? "kept-" : "forgotten-";
        put_batch({name + "1", name + "2", name + "3", name + "4"});
        end(claim(3), how);
    }
    attempt([&] { queue_->is_finished(); });
    attempt([&] { queue_->stats(); });
    put("last");
}

std::string integrity(const std::string& path) {
    sqlite3* base = nullptr;
    std::string answer = "cannot be opened";
    if (sqlite3_open(path.c_str(), &base) == SQLITE_OK) {
        sqlite3_db_config(base, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        const auto keep = [](void* out, int, char** values, char**) {
            *static_cast<std::string*>(out) = values[0];
            return 0;
        };
        sqlite3_exec(base, "PRAGMA integrity_check", keep, &answer, nullptr);
    }
    sqlite3_close(base);
    return answer;
}

namespace {

std::map<std::string, job_state> rows_of(conq::job_queue& queue, std::vector<std::string>& faults) {
    std::map<std::string, job_state> rows;
    for (const job_state state : {job_state::ready, job_state::running, job_state::done,
                                  job_state::dead, job_state::cancelled, job_state::delayed}) {
        for (const auto& each : queue.list(state)) {
            if (!rows.emplace(each.body, state).second) faults.push_back(each.body + ": twice");
        }
    }
    return rows;
}

std::string name(const std::string& body) {
    return body.substr(0, body.find('x'));
}

void check_rows(const std::map<std::string, job_state>& rows, const acknowledged& heard,
                must_keep what, std::vector<std::string>& faults) {
    for (const auto& [body, state] : rows) {
        if (!heard.tries.contains(body)) faults.push_back(name(body) + ": never put");
        if (heard.refusals.contains(body)) faults.push_back(name(body) + ": refused, and is there");
    }
    bool is_behind_loss = false;
    for (const std::string& each : heard.puts) {
        const bool is_there = rows.contains(each);
        if (!is_there && heard.forgets.contains(each)) continue;
        if (!is_there && what.puts) faults.push_back(name(each) + ": put, and is lost");
        if (is_there && is_behind_loss)
            faults.push_back(name(each) + ": kept, and one before is lost");
        is_behind_loss |= !is_there;
    }
    for (const std::string& each : heard.dones) {
        if (what.dones && rows.contains(each) && rows.at(each) != job_state::done) {
            faults.push_back(name(each) + ": was done, and is not");
        }
    }
}

}  // namespace

std::vector<std::string> faults_in(const std::string& path, const acknowledged& heard,
                                   must_keep what) {
    std::vector<std::string> faults;
    try {
        conq::job_queue queue("sqlite:" + path + "?durability=process");
        check_rows(rows_of(queue, faults), heard, what, faults);
        queue.resume();
        static_cast<void>(queue.put("afterwards").value());
        while (auto task = queue.try_take()) {
            const bool was_done = heard.dones.contains(*task);
            if (what.dones && was_done) faults.push_back(name(*task) + ": handed out after done");
            if (task.done() != status::ok) faults.push_back("a lease was lost");
        }
        if (!queue.try_join()) faults.emplace_back("the queue is not finished");
    } catch (const store_error& error) {
        faults.emplace_back(error.what());
    }
    if (const std::string found = integrity(path); found != "ok") faults.push_back(found);
    return faults;
}
