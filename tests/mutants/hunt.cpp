// SPDX-License-Identifier: BSL-1.0
#include "hunt.hpp"

#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "testing/mutants/switch.hpp"

namespace conq::testing {
namespace {

constexpr std::uint64_t schedules_at_first = 20;    // of each attempt; then four times as many
constexpr std::uint64_t schedules_focused = 1'280;  // in rounds of so many, those that come to the
constexpr std::size_t focused = 12;                 // site most often run more than others:
constexpr std::uint64_t others_part = 16;           // these, one in so many
constexpr std::uint64_t schedules_a_look = 30;      // of each attempt with no mutant on, and
constexpr std::uint64_t looks = 10;                 // so often until each site was passed
constexpr long schedule_seconds_max = 5;            // of processor time: more is an endless loop

// Memory that a process shares with those it forks.
template <class T> class shared_array {
public:
    explicit shared_array(std::size_t size) : size_(size) {
        void* const place = mmap(nullptr, size * sizeof(T), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (place == MAP_FAILED) throw std::bad_alloc();
        values_ = static_cast<T*>(place);
        std::uninitialized_value_construct_n(values_, size);
    }
    ~shared_array() { munmap(values_, size_ * sizeof(T)); }
    shared_array(const shared_array&) = delete;
    shared_array& operator=(const shared_array&) = delete;
    T& operator[](std::size_t i) noexcept { return values_[i]; }

private:
    T* values_;
    std::size_t size_;
};

// A model that starts each schedule with a fresh switch, counts it, and gives it its time.
model watched(const protocol_model& what, trophy& into) {
    return [&what, &into](scenario& story) {
        mutants_on.passed = 0;
        ++into.schedules;
        ++into.in_all;
        itimerval limit{};
        limit.it_value.tv_sec = schedule_seconds_max;
        setitimer(ITIMER_VIRTUAL, &limit, nullptr);  // its end is the process's
        what.run(story);
    };
}

exploration how_to_explore(const attempt& each, std::uint64_t schedules, std::uint64_t seed) {
    exploration how;
    how.schedules = schedules;
    how.memory = each.memory;
    how.may_rely_on_timers = each.what->may_rely_on_timers;
    how.first_seed = seed;
    return how;
}

void keep(char (&to)[200], const std::string& text) {
    std::strncpy(to, text.c_str(), sizeof to - 1);
    std::replace(to, to + std::strlen(to), '\n', ' ');
}

// In a process of its own: runs the attempts that reach the mutant, in rounds that grow.
void hunt_one(const mutant_info& mutant, const std::vector<attempt>& attempts,
              const std::vector<int>& reaching, const patience_of_hunters& patience,
              trophy& result) {
    mutants_on.active = mutant.number;
    const std::uint64_t budget = patience.schedules(mutant);
    std::vector<std::uint64_t> done(attempts.size(), 0);
    std::uint64_t in_all = 0;
    for (std::uint64_t round = schedules_at_first; in_all < budget; round *= 4) {
        for (std::size_t i = 0; i < reaching.size(); ++i) {
            const bool is_short = round >= schedules_focused && i >= focused;
            const int which = reaching[i];
            const auto index = static_cast<std::size_t>(which);
            result.by = which;
            result.schedules = done[index];
            const finding found =
                explore(how_to_explore(attempts[index], is_short ? round / others_part : round,
                                       patience.first_seed + done[index]),
                        watched(*attempts[index].what, result));
            done[index] += found.schedules;
            in_all += found.schedules;
            if (!found.failure.empty()) {
                result.schedules = done[index];  // less the one that repeated it for the trace
                result.in_all = in_all;
                keep(result.failure, found.failure);
                result.end = ending::failed;
                if (patience.traces) std::fputs(found.trace.c_str(), stdout);
                std::fflush(stdout);
                return;
            }
            if (in_all >= budget) break;
        }
    }
    result.end = ending::survived;
}

// Whether a mutant changes nothing but a memory order: store buffers know of few.
bool is_about_order(const mutant_info& mutant) {
    const std::string_view rule = mutant.rule;
    return rule.starts_with("edge") || rule.starts_with("seq_cst");
}

// The attempts that come to a mutant's site: first those of which it is the largest part.
std::vector<int> reaching_ones(const mutant_info& mutant, const std::vector<attempt>& attempts,
                               shared_array<unsigned>& passes) {
    std::vector<std::pair<double, int>> found;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        const unsigned* const of = &passes[i * mutant_switch::most];
        const unsigned here = of[mutant.number];
        if (here != 0 && (attempts[i].memory == memory_model::views || !is_about_order(mutant))) {
            found.emplace_back(-static_cast<double>(here) / of[0], static_cast<int>(i));
        }
    }
    std::sort(found.begin(), found.end());
    std::vector<int> order;
    for (const auto& [part, which] : found) order.push_back(which);
    return order;
}

// With no mutant on: runs each attempt, and learns which sites it passes, until it knows how to
// come to each of them.
void look_around(const std::vector<mutant_info>& mutants, const std::vector<attempt>& attempts,
                 const patience_of_hunters& patience, shared_array<unsigned>& passes,
                 trophy& result) {
    mutants_on.active = 0;
    const auto is_reached = [&](const mutant_info& each) {
        return !reaching_ones(each, attempts, passes).empty();
    };
    for (std::uint64_t look = 0; look < looks; ++look) {
        for (std::size_t i = 0; i < attempts.size(); ++i) {
            mutants_on.passes = &passes[i * mutant_switch::most];
            result.by = static_cast<int>(i);
            const finding found =
                explore(how_to_explore(attempts[i], schedules_a_look,
                                       patience.first_seed + look * schedules_a_look),
                        watched(*attempts[i].what, result));
            if (found.failure.empty()) continue;
            keep(result.failure, found.failure);
            result.end = ending::failed;
            return;
        }
        if (std::all_of(mutants.begin(), mutants.end(), is_reached)) break;
    }
    result.end = ending::survived;
}

// Runs `body` in a process of its own, in which a mutant may write what it wants.
template <class Body> pid_t begin_process(Body body) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child != 0) return child;
    static_cast<void>(std::freopen("/dev/null", "w", stderr));
    body();
    _exit(0);
}

// Gives the results of a process that has ended their last word.
void end_process(int how, trophy& result) {
    if (result.end != ending::none) return;
    const int signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
    result.end = signal == SIGVTALRM ? ending::looped : ending::crashed;
    keep(result.failure, signal == SIGVTALRM ? "an endless loop between two points of the schedule"
                         : signal != 0       ? std::string("crash: ") + strsignal(signal)
                                             : "the process ended");
}

}  // namespace

std::vector<trophy> hunt(const std::vector<mutant_info>& mutants,
                         const std::vector<attempt>& attempts, const patience_of_hunters& patience,
                         std::string& healthy) {
    shared_array<unsigned> passes(attempts.size() * mutant_switch::most);
    shared_array<trophy> results(mutants.size() + 1);
    trophy& baseline = results[mutants.size()];
    int how = 0;
    const pid_t first =
        begin_process([&] { look_around(mutants, attempts, patience, passes, baseline); });
    if (first < 0 || waitpid(first, &how, 0) != first) std::abort();
    end_process(how, baseline);
    if (baseline.end != ending::survived) {
        const protocol_model& what = *attempts[static_cast<std::size_t>(baseline.by)].what;
        healthy = what.protocol + ", " + what.variant + ": " + baseline.failure;
        return {};
    }
    std::map<pid_t, std::size_t> running;
    for (std::size_t next = 0; next < mutants.size() || !running.empty();) {
        if (next < mutants.size() && running.size() < patience.jobs) {
            const std::vector<int> reaching = reaching_ones(mutants[next], attempts, passes);
            if (reaching.empty()) {
                results[next++].end = ending::not_reached;
                continue;
            }
            const pid_t child = begin_process(
                [&] { hunt_one(mutants[next], attempts, reaching, patience, results[next]); });
            if (child < 0) std::abort();
            running.emplace(child, next++);
            continue;
        }
        const pid_t ended = waitpid(-1, &how, 0);
        const auto found = running.find(ended);
        if (found == running.end()) std::abort();
        end_process(how, results[found->second]);
        running.erase(found);
    }
    std::vector<trophy> all;
    for (std::size_t i = 0; i < mutants.size(); ++i) all.push_back(results[i]);
    return all;
}

}  // namespace conq::testing
