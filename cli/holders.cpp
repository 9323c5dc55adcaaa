// SPDX-License-Identifier: BSL-1.0
#include "cli/holders.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include "src/jobs/place.hpp"
#include "src/jobs/process_mark.hpp"

namespace conq::cli {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string variable_of(const std::string& environment, std::string_view name) {
    const std::string start = '\0' + std::string(name) + '=';
    const std::size_t at = ('\0' + environment).find(start);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + start.size() - 1;
    return environment.substr(begin, environment.find('\0', begin) - begin);
}

bool has_open(const fs::path& process, const fs::path& wanted) {
    std::error_code ignored;
    for (const auto& file : fs::directory_iterator(process / "fd", ignored)) {
        if (fs::read_symlink(file.path(), ignored) == wanted) return true;
    }
    return false;
}

holder look_at(const fs::path& process) {
    const std::string environment = contents(process / "environ");
    const std::string mark = variable_of(environment, "CONQ_RUN");
    holder found{.id = static_cast<pid_t>(std::stol(process.filename().string()))};
    std::ifstream name(process / "comm");
    std::getline(name, found.name);
    found.job = variable_of(environment, "CONQ_ID");
    found.is_left_behind = !mark.empty() && jobs::has_ended(mark);
    return found;
}

}  // namespace

std::vector<holder> holders_of(const std::string& queue_path) {
    std::vector<holder> found;
    std::error_code failed;
    const fs::path wanted = fs::canonical(jobs::full_name(queue_path) + "-lock", failed);
    if (failed) return found;
    for (const auto& process : fs::directory_iterator("/proc", failed)) {
        const std::string number = process.path().filename().string();
        if (number.find_first_not_of("0123456789") != std::string::npos) continue;
        if (number == std::to_string(::getpid()) || !has_open(process.path(), wanted)) continue;
        found.push_back(look_at(process.path()));
    }
    return found;
}

std::size_t end_left_behind(const std::string& queue_path) {
    std::size_t count = 0;
    for (const holder& each : holders_of(queue_path)) {
        if (!each.is_left_behind) continue;
        const int file = static_cast<int>(::syscall(SYS_pidfd_open, each.id, 0));
        if (file < 0) continue;  // the process has ended
        // Look once more: before this file was open, the number could have passed to another
        // process.
        const bool is_it = look_at("/proc/" + std::to_string(each.id)).is_left_behind;
        if (is_it && ::syscall(SYS_pidfd_send_signal, file, SIGKILL, nullptr, 0) == 0) ++count;
        ::close(file);
    }
    return count;
}

void note_process(job_lease& lease, pid_t process) noexcept {
    try {
        lease.runs_as(process);
    } catch (const store_error&) {
        // Ending the job will report the error. Until then the lease lasts as long as the processes
        // that we have started.
    }
}

std::string holder_variable() {
    static const std::string mark = jobs::process_mark(::getpid());
    return "CONQ_RUN=" + mark;
}

}  // namespace conq::cli
