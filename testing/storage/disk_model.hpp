// SPDX-License-Identifier: BSL-1.0
// A model of what is on the disk, as opposed to what processes read. A write is certainly on the
// disk when its file was synced after it, a name when its folder was. From this follows what may be
// found after a power failure.
#ifndef CONQ_TESTING_STORAGE_DISK_MODEL_HPP
#define CONQ_TESTING_STORAGE_DISK_MODEL_HPP

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "testing/storage/watched.hpp"

namespace conq::testing {

/// How the disk behaves.
struct disk_manner {
    bool lies = false;  ///< It reports a sync that it has not made: for canaries.
    std::uint64_t fails_at =
        0;  ///< The sync, counted from 1, that fails and loses what it should have written.
    std::uint64_t fails_seed = 1;  ///< Decides what of it is lost.
};

/// Follows the files of one folder. Threads: one at a time, as one connection calls it.
class disk_model final : public storage_listener {
public:
    /// `moment` is called at each moment when the power might fail: before and after each sync.
    disk_model(std::string folder, std::function<void()> moment, disk_manner manner = {});
    int before(storage_event& event) override;
    void after(const storage_event& event) override;
    /// Writes the files into another folder as they may be found after a power failure. The dice
    /// decide whether each write that was not synced is there, is missing, or is there in part.
    void write_image(const std::string& into, std::mt19937_64& dice) const;
    [[nodiscard]] std::uint64_t syncs() const noexcept { return syncs_; }

private:
    struct change {
        bool truncates;
        std::uint64_t at;
        std::string bytes;
    };
    struct file {
        std::string kept;             // is on the disk
        std::vector<change> pending;  // in the order of the calls
        bool syncs_folder = false;    // SQLite's next sync of it syncs the folder, too
    };

    [[nodiscard]] std::string name_of(const std::string& path) const;
    static void apply(std::string& to, const change& what);
    static void tear(std::string& to, const change& what, std::mt19937_64& dice);
    static void survive(std::string& to, const std::vector<change>& some, std::mt19937_64& dice);

    const std::string folder_;
    const std::function<void()> moment_;
    const disk_manner manner_;
    std::map<std::string, file> files_;
    std::set<std::string> names_, kept_names_;
    std::uint64_t syncs_ = 0;
};

}  // namespace conq::testing

#endif
