// SPDX-License-Identifier: BSL-1.0
// Ends a test that hangs, and says where it hangs: a lost wake must not look like a slow machine.
#ifndef CONQ_TESTING_FAULTS_WATCHDOG_HPP
#define CONQ_TESTING_FAULTS_WATCHDOG_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <thread>

namespace conq::testing {

/// Aborts the program if `beat` is not called for `limit`, and prints what began at the last beat;
/// before the first beat, what the constructor was told. Threads: `beat` may come from any thread.
class watchdog {
public:
    /// The default limit: long enough for a machine that is busy with other work.
    static constexpr std::chrono::seconds usual_limit{60};

    explicit watchdog(std::chrono::milliseconds limit = usual_limit,
                      const char* what = "the first beat", std::uint64_t seed = 0);

    /// Notes that `what` begins now, with this seed. `what` must outlive the watchdog.
    void beat(const char* what, std::uint64_t seed) noexcept;

private:
    void watch(const std::stop_token& stop, std::chrono::milliseconds limit) const;

    std::atomic<const char*> what_;
    std::atomic<std::uint64_t> seed_, beats_{0};
    std::jthread thread_;  // last: it uses the other members
};

}  // namespace conq::testing

#endif
