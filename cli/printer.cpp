// SPDX-License-Identifier: BSL-1.0
#include "cli/printer.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "cli/message.hpp"

namespace conq::cli {
namespace {

constexpr int standard_files[] = {STDOUT_FILENO, STDERR_FILENO};

// What somebody reads is written in pieces, so that a write that goes on for seconds means that
// nobody does. A file takes any size at once; there the lines of several programs stay whole.
std::size_t piece_bytes_max(int file) {
    constexpr std::size_t of_pipe = 65'536;
    struct stat about{};
    const bool is_file = ::fstat(file, &about) == 0 && S_ISREG(about.st_mode);
    return is_file ? std::numeric_limits<std::size_t>::max() : of_pipe;
}

}  // namespace

printer::printer(bool keeps_order, spool& overflow, tally& outcomes,
                 std::function<void()> on_broken)
    : keeps_order_(keeps_order),
      overflow_(overflow),
      outcomes_(outcomes),
      on_broken_(std::move(on_broken)),
      piece_bytes_max_{piece_bytes_max(STDOUT_FILENO), piece_bytes_max(STDERR_FILENO)} {}

void printer::finish(std::uint64_t number, job_output output) {
    if (!keeps_order_ && output.empty()) return;
    const std::lock_guard held(mutex_);
    if (!keeps_order_) return print(output);
    if (number != next_) return hold(number, std::move(output));
    print(output);
    if (!held_.empty()) held_.pop_front();
    for (++next_; !held_.empty() && held_.front().has_ended; ++next_) {
        const place& following = held_.front();
        if (following.output) {
            for (const auto& each : following.output->streams) held_bytes_ -= each.memory.size();
            print(*following.output);
        }
        write(1, following.note);
        held_.pop_front();
    }
    moved_.notify_all();
}

std::unique_lock<std::mutex> printer::take_turn(std::uint64_t number) {
    std::unique_lock held(mutex_);
    moved_.wait(held, [&] { return !keeps_order_ || number == next_; });
    return held;
}

void printer::print_now(const std::unique_lock<std::mutex>&, job_output& output) {
    print(output);
}

void printer::print_now(const std::unique_lock<std::mutex>&, job_output& of, std::size_t stream,
                        std::string_view bytes) {
    write_of(of, stream, bytes);
}

void printer::wait_for_window(std::uint64_t number) {
    if (!keeps_order_) return;
    std::unique_lock held(mutex_);
    moved_.wait(held, [&] { return number < next_ + window; });
}

void printer::say(std::string_view line) {
    const std::lock_guard held(mutex_);
    write(1, fmt::format("conq: {}\n", without_name(line)));
}

void printer::announce(std::string_view line) noexcept {
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, 0) != 1) return;
    const std::string text =
        fmt::format("{}conq: {}\n", shows_progress_ ? "\r\x1b[K" : "", without_name(line));
    // Below PIPE_BUF it is written as one piece. If it cannot be written there is nobody to tell.
    static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
}

void printer::show_progress(std::string_view line) {
    const std::unique_lock held(mutex_, std::try_to_lock);
    if (!held || is_over_) return;
    const std::string text = fmt::format("\r{}\x1b[K", line);
    shows_progress_ = ::write(STDERR_FILENO, text.data(), text.size()) > 0;
}

void printer::end_progress() {
    const std::lock_guard held(mutex_);
    is_over_ = true;
    clear_progress();
}

// Keeps output for later. What does not fit into the memory budget goes to the spool, if that takes
// it.
void printer::hold(std::uint64_t number, job_output output) {
    for (auto& stream : output.streams) {
        if (stream.empty()) continue;
        std::vector<extent> moved;
        const bool fits = held_bytes_ + stream.memory.size() <= held_bytes_max;
        if (!fits && overflow_.append(stream.memory.data(), stream.memory.size(), moved)) {
            stream.spooled.insert(stream.spooled.begin(), moved.begin(), moved.end());
            stream.memory.clear();
        }
        held_bytes_ += stream.memory.size();
        stream.memory.shrink_to_fit();
    }
    const auto place_of_job = static_cast<std::size_t>(number - next_);
    if (held_.size() <= place_of_job) held_.resize(place_of_job + 1);
    place& mine = held_[place_of_job];
    mine = {nullptr, std::move(output.note), true};
    output.note.clear();
    if (!output.empty()) mine.output = std::make_unique<job_output>(std::move(output));
}

void printer::print(job_output& output) {
    for (std::size_t i = 0; i < output.streams.size(); ++i) {
        print_stream(output, i);
        const bool is_cut = output.tag != nullptr && output.tag->is_within_line[i];
        if (is_cut) write_of(output, i, "\n");  // else two tags would share a line
    }
    write(1, output.note);
}

// Writes the bytes, with the job's tag before each line.
void printer::write_of(job_output& of, std::size_t stream, std::string_view bytes) {
    if (of.tag == nullptr) return write(stream, bytes);
    std::string text;
    bool& is_within_line = of.tag->is_within_line[stream];
    while (!bytes.empty()) {
        const std::size_t size = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
        if (!is_within_line) text += of.tag->text;
        text += bytes.substr(0, size);
        is_within_line = text.back() != '\n';
        bytes.remove_prefix(size);
    }
    write(stream, text);
}

void printer::print_stream(job_output& of, std::size_t stream) {
    const job_output::stream& what = of.streams[stream];
    if (!what.memory.empty()) write_of(of, stream, what.memory);
    if (what.spooled.empty()) return;
    std::vector<char> buffer(65'536);
    for (const extent& piece : what.spooled) {
        for (std::size_t at = 0; at < piece.size && !is_broken_[stream];) {
            const std::size_t got = overflow_.read(piece, at, buffer.data(), buffer.size());
            if (got == 0) {
                fail(fmt::format("cannot read the spool file: {}: output is lost",
                                 std::strerror(errno)));
                break;
            }
            write_of(of, stream, {buffer.data(), got});
            at += got;
        }
        overflow_.release(piece);
    }
}

void printer::write(std::size_t stream, std::string_view bytes) {
    clear_progress();
    while (!bytes.empty() && !is_broken_[stream]) {
        const ssize_t wrote = write_piece(stream, bytes.substr(0, piece_bytes_max_[stream]));
        if (wrote >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(wrote));
        } else if (errno != EINTR) {
            break_stream(stream);
        }
    }
}

// As ::write; waits also if whoever gave us the file has made it one that does not.
ssize_t printer::write_piece(std::size_t stream, std::string_view bytes) {
    const int file = standard_files[stream];
    writes_.fetch_add(1);
    writes_to_ = file;
    ssize_t wrote = 0;
    while ((wrote = ::write(file, bytes.data(), bytes.size())) < 0 && errno == EAGAIN) {
        pollfd ready{file, POLLOUT, 0};
        ::poll(&ready, 1, -1);
    }
    const int code = errno;
    writes_to_ = -1;
    errno = code;
    return wrote;
}

std::uint64_t printer::stuck_write() const noexcept {
    const std::uint64_t number = writes_;
    pollfd ready{writes_to_, POLLOUT, 0};
    // While the file takes bytes the write is not stuck: it has not got to it, or we were stopped.
    return ready.fd >= 0 && ::poll(&ready, 1, 0) == 0 ? number : 0;
}

void printer::break_stream(std::size_t stream) {
    const int code = errno;
    is_broken_[stream] = true;
    fail(fmt::format("cannot write standard {}: {}: no more items are taken",
                     stream == 0 ? "output" : "error", std::strerror(code)));
}

void printer::fail(std::string_view line) {
    outcomes_.add_own_error();
    on_broken_();
    write(1, fmt::format("conq: {}\n", without_name(line)));
}

void printer::clear_progress() {
    if (!shows_progress_) return;
    shows_progress_ = false;
    constexpr std::string_view clear = "\r\x1b[K";
    if (write_piece(1, clear) < 0) is_broken_[1] = true;
}

}  // namespace conq::cli
