// SPDX-License-Identifier: BSL-1.0
// Measures the SQLite engine of job queues beside what one would write without it. The rounds of
// all subjects are interleaved; a ratio is the median of the ratios of the rounds.
//     conq_bench_jobs [ROUNDS [SECONDS]]
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "bench/jobs/session.hpp"
#include "conq/jobs.hpp"
#include "testing/storage/watched.hpp"

namespace {

using namespace conq::bench;
using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

double since(steady::time_point from) {
    return std::chrono::duration<double>(steady::now() - from).count();
}

double median(std::vector<double> some) {
    std::sort(some.begin(), some.end());
    return some.empty() ? 0 : some[some.size() / 2];
}

// A new queue, which is removed at the end.
class place {
public:
    place() {
        std::string name = (std::filesystem::temp_directory_path() / "conq-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        folder_ = name;
        const conq::job_queue made(url("process"));
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::string path() const { return folder_ + "/q"; }
    [[nodiscard]] std::string url(const std::string& level) const {
        return "sqlite:" + path() + "?durability=" + level;
    }

private:
    std::string folder_;
};

// Runs cycles of put, take and done in one thread until the time is up. Returns how many jobs.
std::uint64_t cycle(session& mine, std::size_t batch, steady::time_point end) {
    std::uint64_t jobs = 0;
    while (steady::now() < end) {
        mine.put(batch);
        for (std::size_t taken = 0; taken < batch;) taken += mine.take(batch - taken);
        mine.done();
        jobs += batch;
    }
    return jobs;
}

// Jobs a second of several threads.
double rate(const store& open, int threads, std::size_t batch, double seconds) {
    std::atomic<std::uint64_t> jobs{0};
    std::barrier start(threads + 1);
    std::vector<std::jthread> some;
    for (int i = 0; i < threads; ++i) {
        some.emplace_back([&] {
            const auto mine = open();
            start.arrive_and_wait();
            const auto end = steady::now() + std::chrono::duration_cast<steady::duration>(
                                                 std::chrono::duration<double>(seconds));
            jobs += cycle(*mine, batch, end);
        });
    }
    start.arrive_and_wait();
    const auto from = steady::now();
    some.clear();
    return static_cast<double>(jobs) / since(from);
}

struct crowd {
    double rate, worst_to_best;
};

// The same for processes.
template <class Open> crowd rate_of_processes(Open open, int processes, double seconds) {
    struct worker {
        std::uint64_t jobs;
        std::atomic<double> seconds;  // until it has finished its last job
    };
    const std::size_t size = sizeof(worker) * static_cast<std::size_t>(processes);
    void* const at =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const std::span some(static_cast<worker*>(at), static_cast<std::size_t>(processes));
    const auto from = steady::now() + milliseconds(200);  // by then all have opened the queue
    std::fflush(stdout);
    for (worker& each : some) {
        if (::fork() != 0) continue;
        {
            const auto mine = open()();
            std::this_thread::sleep_until(from);
            const auto end = from + std::chrono::duration_cast<steady::duration>(
                                        std::chrono::duration<double>(seconds));
            each.jobs = cycle(*mine, 1, end);
            each.seconds = since(from);
            // Closing a queue holds its lock for as long as the disk needs.
            for (const worker& other : some) {
                while (other.seconds == 0) std::this_thread::sleep_for(milliseconds(1));
            }
        }
        ::_exit(0);
    }
    while (::wait(nullptr) > 0) {
    }
    double jobs = 0, took = 0;
    for (const worker& each : some) {
        jobs += static_cast<double>(each.jobs);
        took = std::max(took, each.seconds.load());
    }
    const auto [worst, best] = std::ranges::minmax_element(some, {}, &worker::jobs);
    const crowd out{jobs / took,
                    static_cast<double>(worst->jobs) / static_cast<double>(best->jobs)};
    ::munmap(at, size);
    return out;
}

void print_rates(int rounds, double seconds) {
    std::vector<double> ours, batches, plain, ceiling, times, batch_times, fraction;
    for (int i = 0; i < rounds; ++i) {
        const place a, b, c;
        ours.push_back(rate(open_conq(a.url("process")), 4, 1, seconds));
        plain.push_back(rate(open_plain(b.path()), 4, 1, seconds));
        batches.push_back(rate(open_conq(c.url("process")), 4, 64, seconds));
        ceiling.push_back(rate(open_ceiling(b.path()), 1, 64, seconds));
        times.push_back(ours.back() / plain.back());
        batch_times.push_back(batches.back() / plain.back());
        fraction.push_back(batches.back() / ceiling.back());
    }
    std::printf("put+take+done, 4 threads, durability=process\n");
    std::printf("  plain                %9.0f jobs/s\n", median(plain));
    std::printf("  conq                 %9.0f jobs/s  %6.2fx  (must 2, aim 4)\n", median(ours),
                median(times));
    std::printf("  conq, batches of 64  %9.0f jobs/s  %6.2fx  (must 8, aim 15)\n", median(batches),
                median(batch_times));
    std::printf(
        "  in memory, 64        %9.0f jobs/s, of which conq has %.2f  (must 0.5, aim 0.7)\n",
        median(ceiling), median(fraction));
}

void print_processes(int rounds, double seconds) {
    std::vector<double> ours, plain, times, fair, plain_fair;
    for (int i = 0; i < rounds; ++i) {
        const place a, b;
        const crowd us = rate_of_processes([&] { return open_conq(a.url("process")); }, 8, seconds);
        const store theirs = open_plain(b.path());
        const crowd they = rate_of_processes([&] { return theirs; }, 8, seconds);
        ours.push_back(us.rate);
        plain.push_back(they.rate);
        times.push_back(us.rate / they.rate);
        fair.push_back(us.worst_to_best);
        plain_fair.push_back(they.worst_to_best);
    }
    std::printf("8 processes, one thread each\n");
    std::printf("  plain                %9.0f jobs/s          worst to best %.2f\n", median(plain),
                median(plain_fair));
    std::printf(
        "  conq                 %9.0f jobs/s  %6.2fx  (must 1.5, aim 3)  worst to best %.2f  "
        "(must 0.3, aim 0.5)\n",
        median(ours), median(times), median(fair));
}

class sync_count final : public conq::testing::storage_listener {
public:
    int before(conq::testing::storage_event& event) override {
        if (event.what == conq::testing::storage_call::sync) ++syncs;
        return 0;
    }
    std::atomic<std::uint64_t> syncs{0};
};

void print_syncs() {
    sync_count count;
    const conq::testing::watched_storage storage(count, true);
    const place here;
    constexpr int threads = 64, each_puts = 20;
    {
        conq::job_queue queue(here.url("power"));
        count.syncs = 0;
        std::vector<std::jthread> some;
        for (int i = 0; i < threads; ++i) {
            some.emplace_back([&] {
                for (int k = 0; k < each_puts; ++k) {
                    static_cast<void>(queue.put(job_body).value());
                }
            });
        }
    }
    std::printf("durability=power, 64 threads put\n  %.3f fdatasync a job  (must 0.1, aim 0.03)\n",
                static_cast<double>(count.syncs) / (threads * each_puts));
}

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& of) {
        return static_cast<double>(of.tv_sec) + static_cast<double>(of.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// The time from a put in this process to the take in another, which sleeps in between.
void print_latency() {
    const place here;
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    constexpr int jobs = 100;
    const pid_t child = ::fork();
    if (child == 0) {
        conq::job_queue queue(here.url("process"));
        for (int i = 0; i < jobs; ++i) {
            auto task = queue.take();
            const auto put_ns = std::strtoll(task->c_str(), nullptr, 10);
            const double ms =
                static_cast<double>(steady::now().time_since_epoch().count() - put_ns) * 1e-6;
            static_cast<void>(task.done());
            static_cast<void>(!::write(ends[1], &ms, sizeof ms));
        }
        const double before = cpu_seconds();
        const auto from = steady::now();
        static_cast<void>(queue.take_for(std::chrono::seconds(3)));
        const double percent = (cpu_seconds() - before) / since(from) * 100;
        static_cast<void>(!::write(ends[1], &percent, sizeof percent));
        ::_exit(0);
    }
    std::vector<double> some(jobs);
    {
        conq::job_queue queue(here.url("process"));
        for (double& each : some) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            const auto now = steady::now().time_since_epoch().count();
            static_cast<void>(queue.put(std::to_string(now)).value());
            static_cast<void>(!::read(ends[0], &each, sizeof each));
        }
        double percent = 0;
        static_cast<void>(!::read(ends[0], &percent, sizeof percent));
        ::waitpid(child, nullptr, 0);
        std::printf(
            "put in one process to take in another, both idle\n"
            "  %.3f ms, the median  (must 5, aim 1); CPU of who waits %.2f %%  (must 1)\n",
            median(some), percent);
    }
}

// The milliseconds from the moment when a process that holds a job dies, or is stopped, to the take
// in another process that waits.
double redelivery_ms(const std::string& url, int signal) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    const pid_t child = ::fork();
    if (child == 0) {
        conq::job_queue queue(url);
        static_cast<void>(queue.put(job_body).value());
        const conq::job_lease held = queue.take();
        static_cast<void>(!::write(ends[1], "x", 1));
        for (;;) ::pause();
    }
    char has_taken = 0;
    static_cast<void>(!::read(ends[0], &has_taken, 1));
    conq::job_queue queue(url);
    const auto from = steady::now();
    ::kill(child, signal);
    static_cast<void>(queue.take().done());
    const double ms = since(from) * 1000;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (const int end : ends) ::close(end);
    return ms;
}

void print_redeliveries() {
    constexpr int rounds = 9, lease_ms = 300;
    double killed = 0, stopped = 0;  // the longest times
    for (int i = 0; i < rounds; ++i) {
        const place a, b;
        killed = std::max(killed, redelivery_ms(a.url("process"), SIGKILL));
        const std::string url = b.url("process") + "&lease=" + std::to_string(lease_ms) + "ms";
        stopped = std::max(stopped, redelivery_ms(url, SIGSTOP));
    }
    std::printf(
        "a job whose worker ends, to the take in another process, the longest of %d\n"
        "  killed: %.0f ms  (must 1000); stopped: %.2f leases of %d ms  (must 2)\n",
        rounds, killed, stopped / lease_ms, lease_ms);
}

}  // namespace

int main(int count, char** words) {
    const int rounds = count > 1 ? std::atoi(words[1]) : 5;
    const double seconds = count > 2 ? std::atof(words[2]) : 0.5;
    print_rates(rounds, seconds);
    print_processes(rounds, seconds);
    print_syncs();
    print_latency();
    print_redeliveries();
}
