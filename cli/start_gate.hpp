// SPDX-License-Identifier: BSL-1.0
// Starts jobs when the system may lack what a job needs: open files, processes, memory.
#ifndef CONQ_CLI_START_GATE_HPP
#define CONQ_CLI_START_GATE_HPP

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace conq::cli {

/// A job that lacks something waits until another job has ended, and then tries to start again. It
/// gives up if it lacks something although no other job runs. Any thread.
class start_gate {
    // The state of the gate when a job tried to start.
    struct entry {
        std::uint64_t number = 0, ends = 0;
        bool is_alone = false;
    };

public:
    /// One job, from its start until its place is destroyed; by then it holds nothing any more.
    class place {
    public:
        explicit place(start_gate& gate) : gate_(gate) {}
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        ~place() {
            if (is_in_) gate_.leave(true);
        }
        /// Calls `attempt` until it returns true. If it returns false it lacked something, and must
        /// hold nothing. Returns false if the job gives up or the gate is closed.
        template <class Attempt> bool start(const Attempt& attempt) {
            entry mine = enter();
            if (attempt()) return true;
            leave();
            // One at a time: two that lack something could take it from each other for ever.
            const std::lock_guard turn(gate_.turn_);
            while (gate_.wait(mine)) {
                mine = enter();
                if (attempt()) return true;
                leave();
                if (gate_.was_alone(mine)) return false;
            }
            return false;
        }

    private:
        entry enter() {
            const entry mine = gate_.enter();
            is_in_ = true;
            return mine;
        }
        void leave() {
            is_in_ = false;
            gate_.leave(false);
        }

        start_gate& gate_;
        bool is_in_ = false;
    };

    /// From now on no job that waits is started. Does not wait for any job.
    void close() {
        const std::lock_guard held(mutex_);
        is_closed_ = true;
        moved_.notify_all();
    }

private:
    entry enter() {
        const std::lock_guard held(mutex_);
        return {++entries_, ends_, inside_++ == 0};
    }
    void leave(bool has_run) {
        const std::lock_guard held(mutex_);
        --inside_;
        if (has_run) ++ends_;
        moved_.notify_all();
    }
    // Waits until a job has ended since that entry, or none is inside. False: the gate is closed.
    bool wait(const entry& last) {
        std::unique_lock held(mutex_);
        moved_.wait(held, [&] { return is_closed_ || inside_ == 0 || ends_ != last.ends; });
        return !is_closed_;
    }
    bool was_alone(const entry& which) {
        const std::lock_guard held(mutex_);
        return which.is_alone && which.number == entries_;
    }

    std::mutex turn_, mutex_;
    std::condition_variable moved_;
    std::size_t inside_ = 0;
    std::uint64_t entries_ = 0, ends_ = 0;
    bool is_closed_ = false;
};

}  // namespace conq::cli

#endif
