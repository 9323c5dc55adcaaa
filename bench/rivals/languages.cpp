// SPDX-License-Identifier: BSL-1.0
#include "bench/rivals/languages.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#ifndef CONQ_BENCH_LANGUAGES
#define CONQ_BENCH_LANGUAGES ""
#endif
#ifndef CONQ_BENCH_DISRUPTOR
#define CONQ_BENCH_DISRUPTOR ""
#endif

namespace conq::bench {
namespace {

struct program {
    const char* name;
    const char* file;  // if it is missing, the rival is not installed
    std::vector<std::string> command;
    bool has_bound, can_be_without;
};

const std::vector<program>& programs() {
    const std::string here = CONQ_BENCH_LANGUAGES;
    const std::string rust = here + "/release/channels_rust", python = here + "/queues.py";
    static const std::vector<program> all{
        {"Go: channel", "channels_go", {here + "/channels_go"}, true, false},
        {"Rust: crossbeam", "release/channels_rust", {rust, "crossbeam"}, true, true},
        {"Rust: flume", "release/channels_rust", {rust, "flume"}, true, true},
        {"Rust: kanal", "release/channels_rust", {rust, "kanal"}, true, true},
        {"Java: ArrayBlockingQueue",
         "Queues.class",
         {"java", "-cp", here, "Queues", "array"},
         true,
         false},
        {"Java: LinkedTransferQueue",
         "Queues.class",
         {"java", "-cp", here, "Queues", "transfer"},
         false,
         true},
        {"Java: Disruptor, blocking",
         "Disruptors.class",
         {"java", "-cp", here + ":" CONQ_BENCH_DISRUPTOR, "Disruptors"},
         true,
         false},
        {"Python: queue.Queue", "queues.py", {"python3", python, "queue"}, true, true},
        {"Python: queue.SimpleQueue", "queues.py", {"python3", python, "simple"}, false, true}};
    return all;
}

// A program that runs until this object is destroyed.
class child {
public:
    explicit child(const std::vector<std::string>& command) {
        std::array<int, 2> to{}, from{};
        if (pipe2(to.data(), O_CLOEXEC) != 0 || pipe2(from.data(), O_CLOEXEC) != 0) {
            throw std::runtime_error("conq_bench: no pipe for " + command[0]);
        }
        posix_spawn_file_actions_t files;
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_adddup2(&files, to[0], 0);
        posix_spawn_file_actions_adddup2(&files, from[1], 1);
        std::vector<char*> words;
        for (const std::string& each : command) words.push_back(const_cast<char*>(each.c_str()));
        words.push_back(nullptr);
        const int failed = posix_spawnp(&pid_, words[0], &files, nullptr, words.data(), environ);
        posix_spawn_file_actions_destroy(&files);
        close(to[0]);
        close(from[1]);
        orders_ = fdopen(to[1], "w");
        answers_ = fdopen(from[0], "r");
        if (failed != 0) throw std::runtime_error("conq_bench: cannot start " + command[0]);
    }
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    ~child() {
        fclose(orders_);  // the program ends at the end of its input
        fclose(answers_);
        waitpid(pid_, nullptr, 0);
    }

    double round_ns(const stream& how, std::uint64_t items) {
        fprintf(orders_, "%d %d %llu %llu\n", how.putters, how.getters,
                static_cast<unsigned long long>(how.capacity),
                static_cast<unsigned long long>(items));
        fflush(orders_);
        unsigned long long ns = 0;
        if (fscanf(answers_, "%llu", &ns) != 1) {
            throw std::runtime_error("conq_bench: a rival of another language ended");
        }
        return static_cast<double>(ns);
    }

private:
    pid_t pid_ = -1;
    FILE* orders_ = nullptr;
    FILE* answers_ = nullptr;
};

contender made(const program& of, const stream& how) {
    contender it{of.name, true, true, nullptr};
    if (!std::filesystem::exists(std::string(CONQ_BENCH_LANGUAGES "/") + of.file)) return it;
    struct state {
        std::unique_ptr<child> running;
        std::uint64_t items = 16'000;
    };
    it.sample = [of, how, now = std::make_shared<state>()] {
        if (!now->running) now->running = std::make_unique<child>(of.command);
        const std::uint64_t items = now->items;
        const double each_ns = now->running->round_ns(how, items) / static_cast<double>(items);
        now->items = static_cast<std::uint64_t>(std::clamp(12e6 / each_ns, 1.6e3, 1e7));
        return each_ns;
    };
    return it;
}

}  // namespace

std::vector<contender> of_other_languages(const stream& how) {
    std::vector<contender> all;
    if (how.counts || how.batches) return all;
    for (const program& each : programs()) {
        if (how.capacity != 0 ? each.has_bound : each.can_be_without) {
            all.push_back(made(each, how));
        }
    }
    return all;
}

}  // namespace conq::bench
