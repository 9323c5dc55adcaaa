// SPDX-License-Identifier: BSL-1.0
// How calls become transactions of a queue's file: those of several threads together, under the
// lock of commits, as durable as was asked for, followed by news and now and then by a checkpoint.
#ifndef CONQ_SRC_JOBS_TRANSACTIONS_HPP
#define CONQ_SRC_JOBS_TRANSACTIONS_HPP

#include <functional>
#include <optional>
#include <span>
#include <type_traits>

#include "conq/jobs/engine.hpp"
#include "src/jobs/combiner.hpp"
#include "src/jobs/queue_file.hpp"
#include "src/jobs/syncer.hpp"
#include "src/jobs/url.hpp"

namespace conq::jobs {

/// The transactions of one handle. Threads: `run` from any; the rest from within it.
class transactions {
    using group = std::span<combiner::work* const>;

public:
    /// `forget` is called first in each transaction that may find what others have changed, or what
    /// a failed one has left; `is_unfinished`, near its end, says whether join has anything to wait
    /// for, where somebody waits. Throws store_error.
    transactions(const queue_url& url, std::function<void()> forget,
                 std::function<bool()> is_unfinished);
    transactions(const transactions&) = delete;
    transactions& operator=(const transactions&) = delete;
    ~transactions();

    /// Runs `body` in a transaction, which it may share with other threads' calls. If that fails,
    /// each is run by itself; so `body` sets its answers afresh. `needs_sync`: with
    /// durability=power it is over when the disk has it. Throws store_error.
    template <class Body> void run(Body&& body, bool needs_sync = false) {
        combiner::work mine{[](void* at) { (*static_cast<std::remove_reference_t<Body>*>(at))(); },
                            &body, needs_sync};
        together_.run(mine, [this](group some) { carry_out(some); });
        if (mine.error) std::rethrow_exception(mine.error);
    }
    /// After the commit a room is told to look.
    void will_tell(room where) noexcept { tells_[static_cast<unsigned>(where)] = true; }

    queue_file store;  ///< The file.

private:
    void carry_out(group some) noexcept;
    void run_transaction(group some);
    void write(group some);
    void begin(group some);
    void commit();
    void checkpoint();

    const durability level_;
    const int checkpoint_pages_;
    const std::function<void()> forget_;
    const std::function<bool()> is_unfinished_;
    syncer sync_;
    combiner together_;
    bool is_full_ = false;
    bool tells_[2] = {};
    std::optional<std::uint32_t> version_;  // of the last commit
    int wal_pages_ = 0, synced_pages_ = 0;
    statement begin_{store.base, "BEGIN IMMEDIATE"};
    statement commit_{store.base, "COMMIT"};
};

}  // namespace conq::jobs

#endif
