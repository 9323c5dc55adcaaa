// SPDX-License-Identifier: BSL-1.0
// Turns calls into transactions of a queue's file: calls of several threads together, under the
// lock of commits, as durable as the URL asks for; then wakes those who wait, and makes a
// checkpoint now and then.
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

/// The transactions of one handle. Threads: any may call `run`; the rest is called from within it.
class transactions {
    using group = std::span<combiner::work* const>;

public:
    /// `forget` is called first in each transaction that may find what others have changed, or what
    /// a failed one has left. `is_unfinished` is called near the end of a transaction, if somebody
    /// waits in join: it says whether there is anything left to wait for. Throws store_error.
    transactions(const queue_url& url, std::function<void()> forget,
                 std::function<bool()> is_unfinished);
    transactions(const transactions&) = delete;
    transactions& operator=(const transactions&) = delete;
    ~transactions();

    /// Runs `body` in a transaction, which it may share with the calls of other threads. If that
    /// transaction fails, each call is run again by itself; so `body` must set its results afresh.
    /// `needs_sync`: with durability=power, returns only when the disk has the changes. Throws
    /// store_error.
    template <class Body> void run(Body&& body, bool needs_sync = false) {
        combiner::work mine{[](void* at) { (*static_cast<std::remove_reference_t<Body>*>(at))(); },
                            &body, needs_sync};
        together_.run(mine, [this](group some) { carry_out(some); });
        if (mine.error) std::rethrow_exception(mine.error);
    }
    /// Tells the room to look, after the commit.
    void will_tell(room where) noexcept { tells_[static_cast<unsigned>(where)] = true; }

    queue_file store;  ///< The file.

private:
    void carry_out(group some) noexcept;
    void run_transaction(group some);
    void write(group some);
    void begin(group some);
    void commit();
    void checkpoint();
    void save(bool is_long);

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
