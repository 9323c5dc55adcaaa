// SPDX-License-Identifier: BSL-1.0
// The least that a runner of commands can cost: spawn_loop PARTS CMD [ARG...] < items. In PARTS
// threads it takes each item in turn, makes two pipes, runs the command by posix_spawn, reads and
// prints what the command writes, and waits for its end.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

std::mutex turn;

bool next(std::string& item) {
    const std::lock_guard held(turn);
    return static_cast<bool>(std::getline(std::cin, item));
}

// Reads from both pipes until both have ended.
std::string read_all(int out, int error) {
    std::string all;
    char some[65'536];
    for (pollfd ready[] = {{out, POLLIN, 0}, {error, POLLIN, 0}};
         ready[0].fd >= 0 || ready[1].fd >= 0;) {
        ::poll(ready, 2, -1);
        for (pollfd& each : ready) {
            if (each.fd < 0 || each.revents == 0) continue;
            const ssize_t got = ::read(each.fd, some, sizeof some);
            if (got > 0) all.append(some, static_cast<std::size_t>(got));
            if (got == 0) each.fd = -1;
        }
    }
    return all;
}

void run_one(std::vector<char*> words, std::string& item) {
    int out[2], error[2];
    if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(error, O_CLOEXEC) != 0) std::abort();
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    posix_spawn_file_actions_adddup2(&files, error[1], 2);
    words.push_back(item.data());
    words.push_back(nullptr);
    pid_t child = 0;
    if (::posix_spawnp(&child, words[0], &files, nullptr, words.data(), environ) != 0) std::abort();
    posix_spawn_file_actions_destroy(&files);
    ::close(out[1]);
    ::close(error[1]);
    const std::string said = read_all(out[0], error[0]);
    ::close(out[0]);
    ::close(error[0]);
    ::waitpid(child, nullptr, 0);
    const std::lock_guard held(turn);
    std::fwrite(said.data(), 1, said.size(), stdout);
}

}  // namespace

int main(int count, char** words) {
    if (count < 3) return 2;
    std::vector<std::jthread> some;
    for (int i = 0; i < std::atoi(words[1]); ++i) {
        some.emplace_back([&] {
            for (std::string item; next(item);) run_one({words + 2, words + count}, item);
        });
    }
}
