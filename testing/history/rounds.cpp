// SPDX-License-Identifier: BSL-1.0
#include "testing/history/rounds.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace conq::testing {

shape draw_shape(std::uint64_t seed, const crowd& of) {
    dice dice(seed);
    shape made{};
    made.seed = seed;
    made.putters = static_cast<unsigned>(dice.between(1, of.putters_most));
    made.getters = static_cast<unsigned>(dice.between(1, of.getters_most));
    made.mixers = of.has_mixers ? static_cast<unsigned>(dice.below(3)) : 0;
    made.joiners = static_cast<unsigned>(dice.below(3));
    made.puts_each = dice.between(1, std::uint64_t{1} << dice.between(0, 10));
    made.tries_percent = static_cast<unsigned>(dice.below(3) * 30);
    made.timed_percent = static_cast<unsigned>(dice.below(3) * 20);
    made.token_percent = static_cast<unsigned>(dice.below(3) * 20);
    made.dones_most = dice.chance(50) ? 1 : dice.between(2, 8);
    made.pauses_most = dice.chance(50) ? 0 : dice.between(1, 50);
    made.priorities = std::min(of.priorities, std::uint64_t{1} << dice.below(10));
    made.stops = dice.chance(30);
    made.closes = dice.chance(30);
    made.drops = dice.chance(15);
    made.resizes = of.resizes;
    made.batches_percent = static_cast<unsigned>(dice.below(3) * 40);
    return made;
}

std::string to_string(const shape& of) {
    std::string text = "seed " + std::to_string(of.seed) + ": ";
    text += std::to_string(of.putters) + " put, " + std::to_string(of.getters) + " get, ";
    text += std::to_string(of.mixers) + " do both, " + std::to_string(of.joiners) + " join; ";
    text += std::to_string(of.puts_each) + " puts each, " + std::to_string(of.tries_percent) +
            "% tries, " + std::to_string(of.timed_percent) + "% timed, " +
            std::to_string(of.token_percent) + "% with a token, " +
            std::to_string(of.batches_percent) + "% by batches";
    for (const auto& [does, what] :
         {std::pair(of.stops, ", a stop"), std::pair(of.closes, ", a shutdown"),
          std::pair(of.drops, ", an immediate shutdown"), std::pair(of.resizes, ", set_maxsize")}) {
        if (does) text += what;
    }
    return text;
}

watchdog::watchdog(std::chrono::milliseconds patience, std::function<std::string()> what,
                   const std::atomic<bool>* may_bark)
    : what_(std::move(what)), may_bark_(may_bark), thread_([this, patience] { watch(patience); }) {}

watchdog::~watchdog() {
    {
        const std::lock_guard held(mutex_);
        ends_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void watchdog::feed() {
    const std::lock_guard held(mutex_);
    ++fed_;
}

void watchdog::watch(std::chrono::milliseconds patience) {
    std::unique_lock held(mutex_);
    for (std::uint64_t seen = fed_; !changed_.wait_for(held, patience, [this] { return ends_; });) {
        const bool may_bark = may_bark_ == nullptr || may_bark_->load();
        if (fed_ == std::exchange(seen, fed_) && seen != 0 && may_bark) {
            std::fprintf(stderr, "A round does not end: %s", what_().c_str());
            std::abort();
        }
    }
}

}  // namespace conq::testing
