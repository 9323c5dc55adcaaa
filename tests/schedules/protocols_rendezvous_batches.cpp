// SPDX-License-Identifier: BSL-1.0
// Batches without room: one hand-over after another, and an exact count wherever the batch ends.
#include <chrono>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "rendezvous_models.hpp"

namespace conq::testing {
namespace {

using namespace std::chrono_literals;

// Makes items that live until the story has ended: the scheduler sees no order between a free and
// the allocation that gets the same memory.
std::shared_ptr<std::vector<slow_item>> items_below(int count) {
    auto made = std::make_shared<std::vector<slow_item>>();
    made->reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) made->emplace_back(i);
    return made;
}
template <class... Limit>
batch_result put_all(meeting& q, std::vector<slow_item>& items, Limit... within) {
    return q.put_many(std::move_iterator(items.begin()), std::move_iterator(items.end()),
                      within...);
}

// A batch goes to a single get and to a batch of gets: each item once, in order.
void meet_gets_of_both_kinds(scenario& story) {
    auto q = std::make_shared<meeting>();
    auto got = std::make_shared<receipts>(3);
    auto items = items_below(3);
    story.thread(
        [=] {
            require(put_all(*q, *items) == batch_result{3, status::ok}, "not all were put");
            q->shutdown();
        },
        "putter");
    story.thread(
        [=] {  // gets nothing if the others have got all items
            if (const auto item = q->get()) got->add(item->value());
        },
        "getter");
    story.thread(
        [=] {
            for (int last = -1;;) {
                std::vector<slow_item> some;
                if (q->get_many(std::back_inserter(some), 2).count == 0) break;
                for (const slow_item& each : some) {
                    require(each.value() > last, "out of order");
                    last = each.value();
                    got->add(last);
                }
            }
        },
        "getter of batches");
    story.at_end([=] { got->require_all(); });
}

// A batch that times out or is stopped has put exactly as many items as it says, and kept the rest.
void end_between_two_items(scenario& story, bool by_shutdown) {
    auto q = std::make_shared<meeting>();
    auto both = std::make_shared<tally>();
    auto stop = std::make_shared<scheduled_stop>();
    auto items = items_below(2);
    story.thread(
        [=] {
            const batch_result put = put_all(*q, *items, stop->get_token());
            both->accepted = static_cast<int>(put.count);
            for (int i = both->accepted; i < 2; ++i) {
                require(items->at(static_cast<std::size_t>(i)).value() == i, "an item was touched");
            }
        },
        "putter");
    story.thread(
        [=] {
            const auto tasks = q->take_many(2, 100us);
            both->received = static_cast<int>(tasks.size());
            for (const slow_item& each : tasks) require(each.value() < 2, "made up");
            require(q->unfinished() >= tasks.size(), "not counted");
        },
        "getter");
    story.thread(
        [=] {
            if (by_shutdown) {
                q->shutdown();
            } else {
                stop->request_stop();
            }
        },
        "ender");
    story.at_end([=] { require(both->accepted == both->received, "the counts do not agree"); });
    story.at_end([=] { require(q->unfinished() == 0, "a lease did not count"); });
}

// An item whose second move throws: it was handed over and cannot be moved any further.
class tired_item {
public:
    tired_item() = default;
    tired_item(tired_item&& other) noexcept(false) : moves_(other.moves_ + 1) {
        scheduler::current()->step("move");
        if (moves_ == 2) throw std::runtime_error("a move");
    }
    tired_item& operator=(tired_item&&) = delete;

private:
    int moves_ = 0;
};

// An item that cannot be delivered is dropped and counts as done, so that join returns.
void drop_what_cannot_be_moved_on(scenario& story) {
    auto q = std::make_shared<basic_rendezvous<tired_item, scheduled_traits>>();
    story.thread(
        [=] {
            require(q->put(tired_item()) == status::ok, "refused");
            q->join();
        },
        "putter");
    story.thread(
        [=] {
            bool has_thrown = false;
            try {
                static_cast<void>(q->take_many(1));
            } catch (const std::runtime_error&) {
                has_thrown = true;
            }
            require(has_thrown, "an item came out, and its move threw");
        },
        "getter");
    story.at_end([=] { require(q->unfinished() == 0, "an item that was dropped is not done"); });
}

}  // namespace

void add_rendezvous_batch_models(protocol_models& to) {
    protocol_model plain, timed;
    timed.may_rely_on_timers = true;
    const auto add = [&](const protocol_model& like, const std::string& variant, const model& run) {
        add_hand_over(to, like, "batches", variant, run);
    };
    add(plain, "gets of both kinds", meet_gets_of_both_kinds);
    add(timed, "stop", [](auto& story) { end_between_two_items(story, false); });
    add(timed, "shutdown", [](auto& story) { end_between_two_items(story, true); });
    add(plain, "a move that throws", drop_what_cannot_be_moved_on);
}

}  // namespace conq::testing
