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

/// A thread that is joined at the end and can tell whether it sleeps.
class watched_thread {
public:
    template <class Body>
    explicit watched_thread(Body body)
        : thread_([this, body = std::move(body)]() mutable {
              id_.store(static_cast<int>(::syscall(SYS_gettid)));
              body();
              has_ended_.store(true);
          }) {}
    ~watched_thread() { join(); }

    /// Returns once the thread sleeps in the kernel, or has ended.
    void wait_until_asleep() const {
        while (!has_ended_.load() && state() != 'S') std::this_thread::yield();
    }
    [[nodiscard]] bool has_ended() const { return has_ended_.load(); }
    /// Sends it a signal, if it has not been joined.
    void signal(int number) { pthread_kill(thread_.native_handle(), number); }
    void join() {
        if (thread_.joinable()) thread_.join();
    }

private:
    // The letter after the name in /proc/self/task/ID/stat: R runs, S sleeps.
    [[nodiscard]] char state() const {
        const int id = id_.load();
        if (id == 0) return 'R';
        std::ifstream file("/proc/self/task/" + std::to_string(id) + "/stat");
        std::string line;
        std::getline(file, line);
        const auto after_name = line.rfind(") ");
        return after_name == std::string::npos ? 'R' : line[after_name + 2];
    }

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
