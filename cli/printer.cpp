// SPDX-License-Identifier: BSL-1.0
#include "cli/printer.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/message.hpp"

namespace conq::cli {

printer::printer(bool keeps_order, spool& overflow, tally& outcomes,
                 std::function<void()> on_broken)
    : keeps_order_(keeps_order),
      overflow_(overflow),
      outcomes_(outcomes),
      on_broken_(std::move(on_broken)) {
    if (keeps_order_) held_.resize(window);
}

void printer::finish(std::uint64_t number, job_output output) {
    if (!keeps_order_ && output.empty()) return;
    const std::lock_guard held(mutex_);
    if (!keeps_order_) return print(output);
    if (number != next_) return hold(number, std::move(output));
    print(output);
    for (++next_; held_[next_ % window].has_ended; ++next_) {
        place& following = held_[next_ % window];
        for (const auto& stream : following.output.streams) held_bytes_ -= stream.memory.size();
        print(following.output);
        following = place{};
    }
    moved_.notify_all();
}

std::unique_lock<std::mutex> printer::take_turn(std::uint64_t number) {
    std::unique_lock held(mutex_);
    moved_.wait(held, [&] { return !keeps_order_ || number == next_; });
    return held;
}

void printer::print_now(const std::unique_lock<std::mutex>&, const job_output& output) {
    print(output);
}

void printer::print_now(const std::unique_lock<std::mutex>&, std::size_t stream,
                        std::string_view bytes) {
    write(stream, bytes);
}

void printer::wait_for_window(std::uint64_t number) {
    if (!keeps_order_) return;
    std::unique_lock held(mutex_);
    moved_.wait(held, [&] { return number < next_ + window || has_given_up_; });
}

void printer::give_up() {
    const std::lock_guard held(mutex_);
    has_given_up_ = true;
    moved_.notify_all();
}

void printer::say(std::string_view line) {
    const std::lock_guard held(mutex_);
    write(1, fmt::format("conq: {}\n", line));
}

void printer::show_progress(std::string_view line) {
    const std::lock_guard held(mutex_);
    if (line.empty()) return clear_progress();
    const std::string text = fmt::format("\r{}\x1b[K", line);
    shows_progress_ = ::write(STDERR_FILENO, text.data(), text.size()) > 0;
}

// Output for later: what does not fit into the budget of memory goes to the spool, if that takes
// it.
void printer::hold(std::uint64_t number, job_output output) {
    for (auto& stream : output.streams) {
        if (stream.empty()) continue;
        std::vector<extent> moved;
        const bool fits = held_bytes_ + stream.memory.size() <= held_bytes_max;
        if (!fits && overflow_.append(stream.memory.data(), stream.memory.size(), moved)) {
            stream.spooled.insert(stream.spooled.begin(), moved.begin(), moved.end());
            stream.memory = {};
        }
        held_bytes_ += stream.memory.size();
        stream.memory.shrink_to_fit();
    }
    held_[number % window] = {std::move(output), true};
}

void printer::print(const job_output& output) {
    for (std::size_t i = 0; i < output.streams.size(); ++i) print_stream(i, output.streams[i]);
}

void printer::print_stream(std::size_t stream, const job_output::stream& what) {
    if (!what.memory.empty()) write(stream, what.memory);
    if (what.spooled.empty()) return;
    std::vector<char> buffer(65'536);
    for (const extent& piece : what.spooled) {
        for (std::size_t at = 0; at < piece.size && !is_broken_[stream];) {
            const std::size_t got = overflow_.read(piece, at, buffer.data(), buffer.size());
            write(stream, {buffer.data(), got});
            at += got;
        }
        overflow_.release(piece);
    }
}

void printer::write(std::size_t stream, std::string_view bytes) {
    clear_progress();
    const int file = stream == 0 ? STDOUT_FILENO : STDERR_FILENO;
    while (!bytes.empty() && !is_broken_[stream]) {
        const ssize_t wrote = ::write(file, bytes.data(), bytes.size());
        if (wrote >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(wrote));
        } else if (errno == EAGAIN) {
            pollfd ready{file, POLLOUT, 0};
            ::poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            break_stream(stream);
        }
    }
}

void printer::break_stream(std::size_t stream) {
    const int code = errno;
    is_broken_[stream] = true;
    outcomes_.add_own_error();
    const std::string text =
        fmt::format("conq: cannot write standard {}: {}: no more items are taken\n",
                    stream == 0 ? "output" : "error", std::strerror(code));
    if (!is_broken_[1]) write(1, text);
    on_broken_();
}

void printer::clear_progress() {
    if (!shows_progress_) return;
    shows_progress_ = false;
    constexpr std::string_view clear = "\r\x1b[K";
    if (::write(STDERR_FILENO, clear.data(), clear.size()) < 0) is_broken_[1] = true;
}

}  // namespace conq::cli
