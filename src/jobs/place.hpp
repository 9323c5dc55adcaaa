// SPDX-License-Identifier: BSL-1.0
// Where the file of a queue lies: locks and shared memory are one machine's, and so is a queue.
#ifndef CONQ_SRC_JOBS_PLACE_HPP
#define CONQ_SRC_JOBS_PLACE_HPP

#include <cstdint>
#include <string>

namespace conq::jobs {

/// The path as SQLite has it: absolute, and links are followed. The files beside it have their
/// names from this one, so that all agree on them whatever they call it, and wherever they go.
std::string full_name(const std::string& path);

/// What to do where a file beside a queue, or the queue's, cannot be opened for that reason.
const char* mend_of_open(int error) noexcept;

/// A kind of file system.
struct place {
    enum class kind : std::uint8_t {
        local,    ///< One machine's; or one that is not known, which is taken for that.
        foreign,  ///< Made by a program (FUSE): it may be local, or reach over a network.
        network   ///< Other machines may have the same files, and see none of our locks.
    };
    kind how = kind::local;
    const char* name = "";  ///< Unless local: as people call it.
};

/// The place of a file, or of the folder that it would be made in.
place place_of(const std::string& path);

/// Asks the system for the type of a file system, as statfs(2) has it: 0 if it cannot say.
using place_probe = std::uint32_t (*)(const std::string& path);
/// What place_of asks from now on; null: the system. For tests; not while queues are opened.
void set_place_probe(place_probe probe) noexcept;

/// Throws store_error if the file lies, or would lie, on a network file system.
void check_place(const std::string& path);

}  // namespace conq::jobs

#endif
