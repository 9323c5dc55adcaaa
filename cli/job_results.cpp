// SPDX-License-Identifier: BSL-1.0
#include "cli/job_results.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "cli/message.hpp"

namespace conq::cli {
namespace {

// Calls `use` with the bytes of a stream, piece by piece, until it answers false.
template <class Use>
void for_pieces(const spool& overflow, const job_output::stream& from, const Use& use) {
    if (!from.memory.empty() && !use(std::string_view(from.memory))) return;
    std::string buffer(from.spooled.empty() ? 0 : 65'536, '\0');
    for (const extent& piece : from.spooled) {
        for (std::size_t at = 0; at < piece.size;) {
            const std::size_t got = overflow.read(piece, at, buffer.data(), buffer.size());
            if (got == 0) {
                throw own_error(fmt::format("cannot read the spool file: {}: output is lost",
                                            std::strerror(errno)));
            }
            if (!use(std::string_view(buffer).substr(0, got))) return;
            at += got;
        }
    }
}

bool write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(file, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
}

[[noreturn]] void fail(const std::string& path) {
    throw own_error(fmt::format("cannot write {}: {}: -o takes a folder with room",
                                shown_name(path), std::strerror(errno)));
}

}  // namespace

job_results::job_results(const run_options& options, spool& overflow)
    : options_(options), overflow_(overflow) {
    if (options.output_folder.empty()) return;
    std::error_code failed;
    std::filesystem::create_directories(options.output_folder, failed);
    if (!failed) return;
    throw own_error(
        fmt::format("cannot make the folder {}: {}: -o takes a folder, or a name for a "
                    "new one",
                    shown_name(options.output_folder), failed.message()));
}

void job_results::release(job_output& output) const {
    for (const job_output::stream& each : output.streams) overflow_.release(each.spooled);
    output.streams = {};
}

void job_results::to_files(const job_record& record, job_output& output) const {
    if (options_.output_folder.empty()) return;
    const auto number = record.id != 0 ? record.id : record.sequence;
    const std::string name = fmt::format("{}/{}", options_.output_folder, number);
    to_file(name + ".out", output.streams[0]);
    to_file(name + ".err", output.streams[1]);
    release(output);
}

// Replaces the file in one step: whoever reads it, even after we were killed, finds all of the
// output or what was there before.
void job_results::to_file(const std::string& path, const job_output::stream& from) const {
    const std::string fresh = path + ".new";
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) fail(fresh);
    bool is_written = true;
    int why = 0;
    try {
        for_pieces(overflow_, from, [&](std::string_view bytes) {
            is_written = write_all(file, bytes);
            why = errno;
            return is_written;
        });
    } catch (...) {
        ::close(file);
        throw;
    }
    ::close(file);
    errno = why;
    if (is_written && ::rename(fresh.c_str(), path.c_str()) == 0) return;
    why = errno;
    ::unlink(fresh.c_str());
    errno = why;
    fail(path);
}

output_text job_results::text_of(const job_output::stream& from, std::size_t most) const {
    output_text text;
    text.all_bytes = from.memory.size();
    for (const extent& each : from.spooled) text.all_bytes += each.size;
    for_pieces(overflow_, from, [&](std::string_view bytes) {
        text.bytes += bytes.substr(0, most - text.bytes.size());
        return text.bytes.size() < most;
    });
    return text;
}

std::string job_results::stored(const job_record& record, const word_list& items,
                                const job_output& output) const {
    return as_json(record, items, text_of(output.streams[0], stored_bytes_max),
                   text_of(output.streams[1], stored_bytes_max));
}

void job_results::to_line(const job_record& record, const word_list& items, job_output& output,
                          const std::string& stored) const {
    if (!options_.shows_records) return;
    std::string line = stored;
    const output_text out = text_of(output.streams[0], shown_bytes_max),
                      err = text_of(output.streams[1], shown_bytes_max);
    if (line.empty() || std::max(out.all_bytes, err.all_bytes) > stored_bytes_max) {
        line = as_json(record, items, out, err);
    }
    release(output);
    output.streams[0].memory = std::move(line) + '\n';
}

bool replay(const run_options& options, const std::string& stored, std::uint64_t sequence,
            job_output& output) {
    auto streams = output_of_json(stored);
    if (!streams) return false;
    if (options.shows_records) {
        output.streams[0].memory = with_sequence(stored, sequence) + '\n';
    } else {
        output.streams[0].memory = std::move(streams->out);
        output.streams[1].memory = std::move(streams->err);
    }
    return true;
}

}  // namespace conq::cli
