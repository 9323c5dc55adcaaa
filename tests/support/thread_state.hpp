// SPDX-License-Identifier: BSL-1.0
// A thread for tests that can be watched: tests wait until it sleeps in the kernel instead of
// sleeping themselves and hoping.
#ifndef CONQ_TESTS_SUPPORT_THREAD_STATE_HPP
#define CONQ_TESTS_SUPPORT_THREAD_STATE_HPP

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace conq::test {

/// The calling thread, as the kernel numbers it.
inline int thread_id() {
    return static_cast<int>(::syscall(SYS_gettid));
}

/// Whether a thread of this process sleeps in the kernel; false for 0, and for one that has ended.
inline bool is_asleep(int id) {
    std::ifstream file("/proc/self/task/" + std::to_string(id) + "/stat");
    std::string line;
    std::getline(file, line);
    const auto after_name = line.rfind(") ");  // then a letter: R runs, S sleeps
    return after_name != std::string::npos && line[after_name + 2] == 'S';
}

/// Whether a thread of this process waits in the kernel for another thread. Unlike `is_asleep`,
/// this is false for a thread that sleeps for a time, as a queue does while a claim of another
/// thread is in its way. Where the kernel does not tell where a thread sleeps, any sleep counts.
inline bool waits_for_others(int id) {
    std::ifstream file("/proc/self/task/" + std::to_string(id) + "/wchan");
    std::string where;
    file >> where;  // futex_do_wait, or what the function is called in this kernel; 0: not told
    return where.find("nanosleep") == std::string::npos && is_asleep(id);
}

/// A thread that is joined at the end and can tell whether it sleeps.
class watched_thread {
public:
    template <class Body>
    explicit watched_thread(Body body)
        : thread_([this, body = std::move(body)]() mutable {
              id_.store(thread_id());
              body();
              has_ended_.store(true);
          }) {}
    ~watched_thread() { join(); }

    /// Returns once the thread sleeps in the kernel, or has ended.
    void wait_until_asleep() const {
        while (!has_ended_.load() && !is_asleep(id_.load())) std::this_thread::yield();
    }
    [[nodiscard]] bool has_ended() const { return has_ended_.load(); }
    /// Sends it a signal, if it has not been joined.
    void signal(int number) { pthread_kill(thread_.native_handle(), number); }
    void join() {
        if (thread_.joinable()) thread_.join();
    }

private:
    std::atomic<int> id_{0};
    std::atomic<bool> has_ended_{false};
    std::thread thread_;
};

/// Destroys what `owner` holds, out of the compiler's sight: it would warn of the very misuse that
/// a test is about.
template <class Owned> void destroy(std::unique_ptr<Owned>& owner) {
    Owned* volatile hidden = owner.release();
    delete hidden;
}

}  // namespace conq::test

#endif
