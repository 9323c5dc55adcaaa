// SPDX-License-Identifier: BSL-1.0
#include "cli/job_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "cli/message.hpp"

namespace conq::cli {

job_log::job_log(const std::string& path) {
    if (path.empty()) return;
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    const std::string columns =
        "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
    if (file_ < 0 || (::lseek(file_, 0, SEEK_END) <= 0 && !write(columns))) {
        throw own_error(
            fmt::format("cannot write {}: {}: --joblog takes a file that can be written, or made",
                        shown_name(path), std::strerror(errno)));
    }
}

job_log::~job_log() {
    if (file_ >= 0) ::close(file_);
}

bool job_log::add(const job_record& job) {
    if (file_ < 0) return true;
    const std::chrono::duration<double> begin = job.begin.time_since_epoch();
    std::string command = job.command;
    for (std::size_t at = 0; (at = command.find('\n', at)) != std::string::npos; at += 2) {
        command.replace(at, 1, "\\n");  // or it would take several lines
    }
    const std::lock_guard held(mutex_);
    return write(fmt::format("{}\t:\t{:.3f}\t{:10.3f}\t0\t{}\t{}\t{}\t{}\n", job.sequence,
                             begin.count(), job.took.count(), job.ended.used.output_bytes,
                             job.exit_code(), job.signal(), command));
}

// Writes whole lines only: the part of a line that a full disk took is removed again.
bool job_log::write(const std::string& line) {
    if (file_ < 0) return true;
    const ssize_t written = ::write(file_, line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) return true;
    const int why = written < 0 ? errno : ENOSPC;
    if (written > 0) {
        const off_t end = ::lseek(file_, 0, SEEK_END);
        static_cast<void>(::ftruncate(file_, end - written) == 0);
    }
    ::close(std::exchange(file_, -1));
    errno = why;
    return false;
}

}  // namespace conq::cli
