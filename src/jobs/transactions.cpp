// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/transactions.hpp"

#include <algorithm>
#include <utility>

namespace conq::jobs {

transactions::transactions(const queue_url& url, std::function<void()> forget,
                           std::function<bool()> is_unfinished)
    : store(url.path),
      level_(url.level),
      checkpoint_pages_(url.checkpoint_pages),
      forget_(std::move(forget)),
      is_unfinished_(std::move(is_unfinished)),
      sync_(store.name + "-wal", store.shared) {
    const auto note_pages = [](void* out, sqlite3*, const char*, int pages) {
        *static_cast<int*>(out) = pages;
        return SQLITE_OK;
    };
    sqlite3_wal_hook(store.base.handle(), note_pages, &wal_pages_);
}

transactions::~transactions() {
    // The next process that finds no other here reads all of the WAL before it begins, so no long
    // WAL is left. And with durability batch or power, the last handle leaves a file that is
    // complete without the WAL.
    const bool is_long = wal_pages_ > checkpoint_pages_ / 8;
    if (!is_long && level_ == durability::process) return;
    try {
        bool is_mine = store.shared.lock_commits_soon();
        store.shared.live_no_more();  // first: two that close at once would see each other
        // Who keeps the lock for longer than that does this in our place once he closes. He may be
        // closing now, and have seen us: hence the word, which he looks at after his unlock.
        if (!is_mine) is_mine = store.shared.leave_open();
        while (is_mine) {
            save(is_long);
            is_mine = store.shared.was_left_open() && store.shared.lock_commits_soon();
        }
    } catch (const store_error&) {
        // Then the WAL stays as it is.
    }
}

// Under the lock of commits, which it gives back.
void transactions::save(bool is_long) {
    const commit_lock lock(store.shared, std::adopt_lock);
    static_cast<void>(store.shared.was_left_open());  // whoever left is not among the others
    if (!is_long && store.shared.has_others()) return;
    store.check_disk();
    const bool is_saved = is_long ? store.base.empty_wal() : store.base.save_wal();
    if (is_saved) sync_.forget_commits();
    store.tell_failure();
}

void transactions::carry_out(group some) noexcept {
    try {
        run_transaction(some);
    } catch (const in_doubt_error&) {
        for (combiner::work* each : some) each->error = std::current_exception();
    } catch (...) {
        if (some.size() == 1) {
            some[0]->error = std::current_exception();
            return;
        }
        for (std::size_t i = 0; i < some.size(); ++i) carry_out(some.subspan(i, 1));
    }
}

void transactions::run_transaction(group some) {
    {
        const commit_lock lock(store.shared);
        store.check_disk();
        tells_[0] = tells_[1] = false;
        write(some);
        checkpoint();
    }
    // A checkpoint waits for the disk under the lock, so it should find little left to write.
    const bool is_long = wal_pages_ > synced_pages_ + checkpoint_pages_ / 8;
    const bool is_left_behind = level_ != durability::process && !is_full_;
    if (is_left_behind || is_long) sync_.note_commit();
    if (is_long) synced_pages_ = wal_pages_;
    for (unsigned where = 0; where < 2; ++where) {
        if (tells_[where]) store.shared.tell(where);
    }
}

void transactions::write(group some) {
    const writing_scope only_writes(store.base);
    begin(some);
    try {
        if (version_ != store.base.version()) forget_();
        for (const combiner::work* each : some) each->run(each->argument);
        // A joiner that does not sleep yet looks again before it does.
        constexpr auto joiners = static_cast<unsigned>(room::joiners);
        if (tells_[joiners] && store.shared.has_sleepers(joiners)) {
            tells_[joiners] = !is_unfinished_();
        }
        commit();
        version_ = store.base.version();
    } catch (...) {
        version_.reset();
        store.tell_failure();
        if (sqlite3_get_autocommit(store.base.handle()) == 0) {
            sqlite3_exec(store.base.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
        }
        throw;
    }
}

void transactions::begin(group some) {
    const bool is_full =
        level_ == durability::power &&
        std::any_of(some.begin(), some.end(), [](auto* each) { return each->needs_sync; });
    if (is_full != is_full_) {
        store.base.run(is_full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        is_full_ = is_full;
    }
    begin_.bind().finish();
}

// A disk error may come after the last write, or in it: a full disk may even hold, from an older
// WAL, the very bytes that it has no room for.
void transactions::commit() {
    try {
        commit_.bind().finish();
    } catch (const store_error& error) {
        const int code = sqlite3_errcode(store.base.handle()) & 0xff;
        if (code != SQLITE_IOERR && code != SQLITE_FULL) throw;
        throw in_doubt_error(std::string(error.what()) +
                             ": whether the call took effect is not known");
    }
}

// All transactions run under the lock, so this checkpoint copies the whole WAL, and the next commit
// begins it anew.
void transactions::checkpoint() {
    if (wal_pages_ < checkpoint_pages_) return;
    wal_pages_ = synced_pages_ = 0;
    store.base.checkpoint();  // if it fails, the WAL grows, and it is tried again
    store.tell_failure();
}

}  // namespace conq::jobs
