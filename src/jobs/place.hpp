// SPDX-License-Identifier: BSL-1.0
// Where the file of a queue lies. Locks and shared memory do not reach other machines, so a queue
// belongs to one machine.
#ifndef CONQ_SRC_JOBS_PLACE_HPP
#define CONQ_SRC_JOBS_PLACE_HPP

#include <cstdint>
#include <string>

namespace conq::jobs {

/// The path as SQLite uses it: absolute, with links followed. The names of the files beside the
/// queue are made from it, so that all processes agree on them, by whatever path they open the
/// queue and whatever their working folder is.
std::string full_name(const std::string& path);

/// What to do if the file of a queue, or one beside it, cannot be opened because of `error`, an
/// errno. Part of an error message.
const char* mend_of_open(int error) noexcept;

/// A kind of file system.
struct place {
    enum class kind : std::uint8_t {
        local,    ///< Of one machine; unknown ones are taken for this.
        foreign,  ///< Made by a program (FUSE): may be local, or on a network.
        network   ///< Other machines may see the files, but none of our locks.
    };
    kind how = kind::local;
    const char* name = "";  ///< Unless local: its common name.
};

/// The file system on which a file lies, or would lie if it does not exist.
place place_of(const std::string& path);

/// Returns the type of the file system at a path, as statfs(2) does; 0 if it cannot say.
using place_probe = std::uint32_t (*)(const std::string& path);
/// Sets what place_of asks from now on; null: the system. For tests; not while queues are opened.
void set_place_probe(place_probe probe) noexcept;

/// Throws store_error if the file lies, or would lie, on a network file system.
void check_place(const std::string& path);

}  // namespace conq::jobs

#endif
