// SPDX-License-Identifier: BSL-1.0
// The platform seam: everything that the library asks of the machine, as a policy class. The queue
// headers name a `Platform` and nothing else of the machine, so that a deterministic scheduler can
// stand in for it and run the very same code.
//
// A platform has: `atomic<T>`, `plain<T>`, `now()`, `longest_pause`, `pause`, `yield`, `sleep`,
// `wait`, `wake`, `has_heavy_barrier`, `light_barrier`, `heavy_barrier`, `interrupted`, `mutex`,
// `condition`, `thread` and `stop_source`, as documented at `basic_native`.
#ifndef CONQ_PLATFORM_NATIVE_HPP
#define CONQ_PLATFORM_NATIVE_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#if __has_include(<stop_token>)
#include <stop_token>
#endif
#include <thread>
#include <utility>

#include "conq/platform/barrier.hpp"
#include "conq/platform/clock.hpp"
#include "conq/platform/futex_linux.hpp"
#include "conq/platform/sleep_end.hpp"

#if defined(__linux__)
#include <pthread.h>
#else
#include "conq/platform/futex_portable.hpp"
#endif
#if !defined(__cpp_lib_jthread)
#include "conq/platform/own_stop.hpp"
#include "conq/platform/standard.hpp"
#endif

namespace conq::platform {

class condition;        // whoever uses it includes conq/platform/condition.hpp
struct portable_futex;  // and for the portable platform conq/platform/futex_portable.hpp

/// A thread with a name that the operating system's tools show. Joined before it is destroyed.
/// Threads: belongs to one.
class named_thread {
public:
    /// Starts `body` on a new thread, which has its name before anything of the body runs. The name
    /// is cut to 15 bytes, which is what Linux keeps.
    /// Throws std::system_error if no thread can be made.
    template <class Body>
    named_thread(const char* name, Body body)
        : thread_([name = cut_of(name), body = std::move(body)]() mutable {
#if defined(__linux__)
              pthread_setname_np(pthread_self(), name.data());
#endif
              body();
          }) {
    }

    /// Waits until the body has returned.
    void join() { thread_.join(); }

private:
    static std::array<char, 16> cut_of(const char* name) noexcept {
        std::array<char, 16> cut{};
        for (std::size_t i = 0; i + 1 < cut.size() && name[i] != '\0'; ++i) cut[i] = name[i];
        return cut;
    }

    std::thread thread_;
};

/// The machine as it is, with a choice of how to sleep on a word, and of the barrier for all
/// threads.
///
/// Threads: every member may be used from any thread.
template <class Futex, class Barrier> struct basic_native {
    /// What shared state, the baseline queue and the workers are made of.
    template <class T> using atomic = std::atomic<T>;
    /// A scalar that is not atomic because something else keeps threads apart: a lock, or an edge
    /// of the ledger. A scheduler stands in for it and checks that.
    template <class T> using plain = T;
    using mutex = std::mutex;
    using condition = platform::condition;
    using thread = named_thread;
#if defined(__cpp_lib_jthread)
    using stop_source = std::stop_source;
#else
    using stop_source = own_stop_source;
#endif

    /// A pointer for each thread, null at first: whose worker it is.
    [[nodiscard]] static void*& thread_slot() noexcept {
        static thread_local void* slot = nullptr;
        return slot;
    }

    /// The monotonic clock.
    [[nodiscard]] static instant_ns now() noexcept { return monotonic_now(); }

    /// How many pauses in a row still pay; whoever polls for longer yields.
    static constexpr int longest_pause = 64;
    /// Tells the processor `count` times that this thread polls (x86: some 26 ns each here).
    static void pause(int count) noexcept {
        while (count-- > 0) {
#if defined(__x86_64__) || defined(__i386__)
            __builtin_ia32_pause();
#elif defined(__aarch64__)
            asm volatile("isb" ::: "memory");
#endif
        }
    }

    /// Lets another thread run on this core.
    static void yield() noexcept { std::this_thread::yield(); }

    /// Sleeps for `span_ns`. A signal may end it early.
    static void sleep(std::uint64_t span_ns) noexcept {
        std::this_thread::sleep_for(std::chrono::nanoseconds(static_cast<std::int64_t>(span_ns)));
    }

    /// Sleeps while `word` holds `expected`, at most until `deadline`; may return early.
    static sleep_end wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                          instant_ns deadline) {
        return Futex::wait(word, expected, deadline);
    }

    /// Wakes up to `count` sleepers on the word at `address`, which need not exist any more.
    static void wake(const void* address, int count) noexcept { Futex::wake(address, count); }

    /// Whether there is a barrier that one thread makes all threads pass: see platform/barrier.hpp.
    /// The same answer throughout the process. If not, its halves must not be used.
    [[nodiscard]] static bool has_heavy_barrier() noexcept { return Barrier::is_there(); }
    /// Its halves: of those who are in a hurry, and of the one who pays for them.
    static void light_barrier() noexcept { Barrier::light(); }
    static void heavy_barrier() noexcept { Barrier::heavy(); }

    /// Asked, with no lock held, when a signal handler has run on a waiting thread. It may throw to
    /// end the wait (Python's signal handlers do); here the wait goes on.
    static void interrupted() noexcept {}
};

/// The native platform on mutexes and condition variables: for systems without a futex.
using portable = basic_native<portable_futex, no_barrier>;

#if defined(__linux__) && CONQ_HAS_MEMBARRIER
/// The platform that queues use unless told otherwise.
using native = basic_native<linux_futex, linux_barrier>;
#elif defined(__linux__)
using native = basic_native<linux_futex, no_barrier>;
#else
/// The platform that queues use unless told otherwise.
using native = portable;
#endif

}  // namespace conq::platform

#endif
