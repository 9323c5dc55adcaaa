// SPDX-License-Identifier: BSL-1.0
#include "testing/storage/disk_model.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace conq::testing {
namespace {

constexpr std::size_t sector = 512;

std::string contents(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

disk_model::disk_model(std::string folder, std::function<void()> moment, disk_manner manner)
    : folder_(std::move(folder) + "/"), moment_(std::move(moment)), manner_(manner) {}

// The name of a file in the folder; empty for a file elsewhere.
std::string disk_model::name_of(const std::string& path) const {
    return path.starts_with(folder_) ? path.substr(folder_.size()) : std::string();
}

void disk_model::apply(std::string& to, const change& what) {
    if (what.truncates) {
        to.resize(what.at);
        return;
    }
    to.resize(std::max<std::size_t>(to.size(), what.at + what.bytes.size()));
    to.replace(what.at, what.bytes.size(), what.bytes);
}

// Writes a change in part. Each sector is as it was, as it should be, or neither. But a byte whose
// old and new value are equal keeps that value.
void disk_model::tear(std::string& to, const change& what, std::mt19937_64& dice) {
    std::string whole = to;
    apply(whole, what);
    if (what.truncates || whole.size() < to.size()) return;
    to.resize(whole.size());
    const std::size_t end = what.at + what.bytes.size();
    for (std::size_t from = what.at; from < end;) {
        const std::size_t to_here = std::min((from / sector + 1) * sector, end);
        const auto way = dice() % 8;
        for (std::size_t i = from; i < to_here; ++i) {
            if (way < 4) to[i] = whole[i];
            if (way == 4 && to[i] != whole[i]) to[i] = static_cast<char>(dice());
        }
        from = to_here;
    }
}

void disk_model::survive(std::string& to, const std::vector<change>& some, std::mt19937_64& dice) {
    // Now and then nothing survives, or all but one change: tossing a coin for each change hardly
    // ever gives that.
    const auto mood = dice() % 8;
    if (mood == 0) return;
    const auto spared = mood == 1 && !some.empty() ? dice() % some.size() : some.size();
    for (std::size_t i = 0; i < some.size(); ++i) {
        const auto way = dice() % 3;
        if (mood == 1 ? i != spared : way == 0) apply(to, some[i]);
        if (mood != 1 && way == 1) tear(to, some[i], dice);
    }
}

int disk_model::before(storage_event& event) {
    const std::string name = name_of(event.path);
    if (name.empty() || event.what != storage_call::sync) return SQLITE_OK;
    moment_();
    if (++syncs_ != manner_.fails_at) return SQLITE_OK;
    file& at = files_[name];
    std::mt19937_64 dice(manner_.fails_seed);
    survive(at.kept, at.pending, dice);
    at.pending.clear();  // the system believes them written
    return SQLITE_IOERR_FSYNC;
}

void disk_model::after(const storage_event& event) {
    const std::string name = name_of(event.path);
    if (name.empty()) return;
    if (event.what == storage_call::open) {
        if (names_.insert(name).second) {
            files_[name] = {contents(event.path), {}, false};
            if (!files_[name].kept.empty()) kept_names_.insert(name);
        }
        constexpr int journals = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
        files_[name].syncs_folder =
            (event.flags & SQLITE_OPEN_CREATE) != 0 && (event.flags & journals) != 0;
    } else if (event.what == storage_call::remove) {
        names_.erase(name);  // the file itself stays, in case its name comes back
        if (event.offset != 0) kept_names_ = names_;
    } else if (event.what == storage_call::write) {
        files_[name].pending.push_back({false, static_cast<std::uint64_t>(event.offset),
                                        std::string(event.bytes.begin(), event.bytes.end())});
    } else if (event.what == storage_call::truncate) {
        files_[name].pending.push_back({true, static_cast<std::uint64_t>(event.offset), {}});
    } else if (event.what == storage_call::sync) {
        file& at = files_[name];
        if (!manner_.lies) {
            for (const change& each : at.pending) apply(at.kept, each);
            at.pending.clear();
            if (std::exchange(at.syncs_folder, false)) kept_names_ = names_;
        }
        moment_();
    }
}

void disk_model::write_image(const std::string& into, std::mt19937_64& dice) const {
    for (const auto& [name, at] : files_) {
        const bool is_there = names_.contains(name);
        const bool was_there = kept_names_.contains(name);
        if (is_there == was_there ? !is_there : dice() % 2 == 0) continue;
        std::string found = at.kept;
        survive(found, at.pending, dice);
        std::ofstream(into + "/" + name, std::ios::binary) << found;
    }
}

}  // namespace conq::testing
