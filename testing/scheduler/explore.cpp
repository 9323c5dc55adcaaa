// SPDX-License-Identifier: BSL-1.0
#include "testing/scheduler/explore.hpp"

#include <utility>

#include "testing/scheduler/scheduler.hpp"

namespace conq::testing {
namespace {

// A set of hashes by open addressing; it has to hold tens of millions.
class hash_set {
public:
    /// Adds a hash. Returns whether it is new.
    bool insert(std::uint64_t hash) {
        if (hash == 0) hash = 1;  // 0 marks a free place
        if (2 * used_ >= places_.size()) grow();
        std::uint64_t& found = place_of(hash);
        if (found == hash) return false;
        found = hash;
        ++used_;
        return true;
    }

private:
    std::uint64_t& place_of(std::uint64_t hash) {
        const std::size_t mask = places_.size() - 1;
        std::size_t at = static_cast<std::size_t>(hash ^ (hash >> 32)) & mask;
        while (places_[at] != 0 && places_[at] != hash) at = (at + 1) & mask;
        return places_[at];
    }
    void grow() {
        std::vector<std::uint64_t> old(2 * places_.size());
        old.swap(places_);
        for (const std::uint64_t each : old) {
            if (each != 0) place_of(each) = each;
        }
    }
    std::vector<std::uint64_t> places_ = std::vector<std::uint64_t>(1024);
    std::size_t used_ = 0;
};

}  // namespace

finding explore(const exploration& how, const model& what) {
    finding found;
    hash_set traces;
    scheduler runner(how);
    while (found.schedules < how.schedules) {
        found.seed = how.first_seed + found.schedules++;
        found.failure = runner.run(found.seed, what, false);
        if (traces.insert(runner.trace_hash_)) ++found.distinct;
        if (!found.failure.empty()) {
            const std::string again = runner.run(found.seed, what, true);
            found.trace = std::move(runner.trace_);
            if (again != found.failure) {
                found.failure +=
                    " (but not when it was repeated: the model depends on more than "
                    "the seed)";
            }
            return found;
        }
        if (found.distinct == how.enough) break;
        if (how.how == strategy::exhaustive && !runner.next_path()) {
            found.has_seen_all = true;
            break;
        }
    }
    found.seed = 0;
    return found;
}

// Exhaustive: moves to the next path in depth-first order. False: there is none.
bool scheduler::next_path() {
    while (!path_.empty() && path_.back().taken + 1 >= path_.back().of) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
}

}  // namespace conq::testing
