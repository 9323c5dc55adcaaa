// SPDX-License-Identifier: BSL-1.0
#include "tests/storage/history.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

namespace {

// Tries twice: the first may be the one call of the process that a test lets fail.
int open_log(const char* path) {
    constexpr int how = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    const int file = ::open(path, how, 0600);
    return file >= 0 ? file : ::open(path, how, 0600);
}

}  // namespace

history::history(const std::string& path) : path_(path), file_(open_log(path.c_str())) {
    if (file_ < 0) std::abort();
}

history::~history() {
    ::close(file_);
}

void history::write(char what, const std::string& body) {
    const std::string line = what + body + "\n";
    if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
}

bool history::is_empty() const {
    struct stat about = {};
    return ::fstat(file_, &about) == 0 && about.st_size == 0;
}

std::vector<std::string> history::faults(conq::job_queue& queue) const {
    std::vector<std::string> found;
    std::map<std::string, int> rows;
    if (!queue.try_join()) found.push_back("the queue is not finished");
    for (conq::job_id after = 0;;) {
        const auto some = queue.list(conq::job_state::done, after);
        if (some.empty()) break;
        for (const auto& each : some) {
            if (++rows[each.body] > 1) found.push_back(each.body + " has two outcomes");
        }
        after = some.back().id;
    }
    std::set<std::string> done;
    std::ifstream in(path_);
    for (std::string line; std::getline(in, line);) {
        const std::string body = line.substr(1);
        if (line[0] == 'P' && !rows.contains(body)) found.push_back(body + " was put and is lost");
        if (line[0] == 'T' && done.contains(body)) found.push_back(body + " was taken after done");
        if (line[0] == 'D' && !done.insert(body).second) found.push_back(body + " was done twice");
    }
    return found;
}
