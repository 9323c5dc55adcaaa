// SPDX-License-Identifier: BSL-1.0
// The platform seam: everything that the library needs from the machine, in one policy class. The
// queue headers use the machine only through a `Platform`, so that a deterministic scheduler can
// take its place and run the very same code.
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

class condition;        // its users include conq/platform/condition.hpp
struct portable_futex;  // and users of `portable` conq/platform/futex_portable.hpp

/// A thread with a name that the operating system's tools show. It must be joined before it is
/// destroyed. Thread-safety: none; one thread owns it.
class named_thread {
public:
    /// Starts `body` on a new thread. The thread has its name before `body` begins. The name is cut
    /// to 15 bytes, which is what Linux keeps. Throws std::system_error if no thread can be made.
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

/// The machine itself, with two choices: how to sleep on a word, and by which barrier one thread
/// orders the accesses of all threads.
///
/// Threads: any thread may use any member.
template <class Futex, class Barrier> struct basic_native {
    /// The types from which shared state, the baseline queue and the workers are built.
    template <class T> using atomic = std::atomic<T>;
    /// A scalar that need not be atomic, because a lock or a numbered pair of memory orders keeps
    /// threads apart. A deterministic scheduler replaces it with a type that checks this.
    template <class T> using plain = T;
    using mutex = std::mutex;
    using condition = platform::condition;
    using thread = named_thread;
#if defined(__cpp_lib_jthread)
    using stop_source = std::stop_source;
#else
    using stop_source = own_stop_source;
#endif

    /// One pointer for each thread, initially null: the crew of workers to which the thread
    /// belongs.
    [[nodiscard]] static void*& thread_slot() noexcept {
        static thread_local void* slot = nullptr;
        return slot;
    }

    /// The present instant of the monotonic clock, in nanoseconds.
    [[nodiscard]] static instant_ns now() noexcept { return monotonic_now(); }

    /// The most pauses in a row that still pay off; a thread that polls for longer yields instead.
    static constexpr int longest_pause = 64;
    /// Tells the processor `count` times that this thread polls (x86: about 26 ns each here).
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

    /// Sleeps for `span_ns` nanoseconds. A signal may end the sleep early.
    static void sleep(std::uint64_t span_ns) noexcept {
        std::this_thread::sleep_for(std::chrono::nanoseconds(static_cast<std::int64_t>(span_ns)));
    }

    /// Sleeps while `word` holds `expected`, but not beyond `deadline`. May return early.
    static sleep_end wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                          instant_ns deadline) {
        return Futex::wait(word, expected, deadline);
    }

    /// Wakes up to `count` threads that sleep on the word at `address`, which need not exist any
    /// more.
    static void wake(const void* address, int count) noexcept { Futex::wake(address, count); }

    /// Whether one thread can make all threads pass a barrier: see platform/barrier.hpp. The answer
    /// is the same throughout the process. If it is false, the two halves must not be used.
    [[nodiscard]] static bool has_heavy_barrier() noexcept { return Barrier::is_there(); }
    /// The halves of that barrier: for the side that must be fast, and for the side that pays.
    static void light_barrier() noexcept { Barrier::light(); }
    static void heavy_barrier() noexcept { Barrier::heavy(); }

    /// Called, with no lock held, after a signal handler has run on a waiting thread. It may throw
    /// to end the wait, as for Python's signal handlers; here it does nothing and the wait goes on.
    static void interrupted() noexcept {}
};

/// The native platform on mutexes and condition variables, for systems without a futex.
using portable = basic_native<portable_futex, no_barrier>;

#if defined(__linux__) && CONQ_HAS_MEMBARRIER
/// The platform that queues use by default.
using native = basic_native<linux_futex, linux_barrier>;
#elif defined(__linux__)
using native = basic_native<linux_futex, no_barrier>;
#else
/// The platform that queues use by default.
using native = portable;
#endif

}  // namespace conq::platform

#endif
