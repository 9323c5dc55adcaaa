// SPDX-License-Identifier: BSL-1.0
// The join of a thread: it sleeps until a task count meets the number of puts.
#ifndef CONQ_QUEUE_JOIN_HPP
#define CONQ_QUEUE_JOIN_HPP

#include "conq/accounting/task_count.hpp"
#include "conq/contract/limit.hpp"
#include "conq/contract/resumer.hpp"
#include "conq/contract/status.hpp"
#include "conq/platform/clock.hpp"
#include "conq/waiting/patience.hpp"

namespace conq {

/// Waits until the dones of `tasks` equal `puts()`. Returns ok, timed_out or stopped.
///
/// Progress: waits. Allocates nothing. Throws only what Platform::interrupted() throws.
template <class Platform, class Puts, class Stop>
[[nodiscard]] status join_tasks(task_count<Platform>& tasks, Puts puts, const limit<Stop>& within) {
    if (within.stop.stop_requested()) return status::stopped;
    sleeper<Platform> me;
    joiner<Platform> place(me);
    if (!tasks.enlist(place, puts)) return status::ok;

    struct leaving {
        task_count<Platform>& tasks;
        sleeper<Platform>& me;
        joiner<Platform>& place;
        bool is_listed = true;
        // Withdraws the registration. Returns false if a done has claimed it already; then this has
        // waited for that done's next few instructions.
        bool leave() noexcept {
            is_listed = false;
            if (tasks.leave(place)) return true;
            claim_wait<Platform> claimed;
            while (!me.is_resumed()) claimed.once();
            return false;
        }
        ~leaving() {
            if (is_listed) leave();
        }
    } on_return{tasks, me, place};

    using on_stop = typename sleeper<Platform>::on_stop;
    using callback = platform::stop_callback_t<Stop, on_stop>;
    [[maybe_unused]] const callback wake_on_stop(within.stop, on_stop{&me});
    const platform::instant_ns deadline = within.span_ns == platform::never
                                              ? platform::never
                                              : platform::after(Platform::now(), within.span_ns);
    for (;;) {
        if (me.is_resumed()) {
            on_return.is_listed = false;
            return status::ok;
        }
        const bool stopped = within.stop.stop_requested();
        if (stopped || (deadline != platform::never && Platform::now() >= deadline)) {
            if (!on_return.leave()) return status::ok;
            return stopped ? status::stopped : status::timed_out;
        }
        me.sleep(deadline);
    }
}

}  // namespace conq

#endif
