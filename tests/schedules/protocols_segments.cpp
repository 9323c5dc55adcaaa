// SPDX-License-Identifier: BSL-1.0
// The chain of segments: moving from one to the next, reuse, guests, a bound that changes.
#include "models.hpp"

namespace conq::testing {
namespace {

// Items of a kilobyte make segments of 16 slots, which is the minimum.
constexpr int slots = 16;
struct wide {
    explicit wide(int value) : inner(value) {}
    slow_item inner;
    char more[1'000] = {};
};
using wide_queue = basic_queue<wide, scheduled_traits>;

// Two putters and two getters cross the ends of segments. Before the threads begin, `backlog` items
// are put and `taken` of them taken. With more than 16 segments the last ones are guests.
void cross(scenario& story, int backlog, int taken, int each, bool trims) {
    auto q = std::make_shared<wide_queue>();
    const int first = backlog - taken;
    auto got = std::make_shared<receipts>(first + 2 * each);
    for (int i = 0; i < taken; ++i) static_cast<void>(q->put(wide(0)));
    for (int i = 0; i < first; ++i) static_cast<void>(q->put(wide(i)));
    for (int i = 0; i < taken; ++i) static_cast<void>(q->get());
    for (int p = 0; p < 2; ++p) {
        story.thread(
            [=] {
                for (int i = 0; i < each; ++i) {
                    static_cast<void>(q->put(wide(first + p * each + i)));
                }
            },
            "putter " + std::to_string(p + 1));
        story.thread(
            [=] {
                const int gets = each + (first + p) / 2;
                for (int i = 0; i < gets; ++i) got->add(q->get()->inner.value());
            },
            "getter " + std::to_string(p + 1));
    }
    if (trims) story.thread([=] { q->trim(); }, "trimmer");
    story.at_end([=] {
        got->require_all();
        require(q->try_get().state() == status::empty, "an item too many");
    });
}

// A bound that grows wakes those who wait for room. No item gets in beyond it.
void grow(scenario& story) {
    auto q = std::make_shared<segment_queue>(1);
    story.thread(
        [=] {
            for (int i = 0; i < 3; ++i) static_cast<void>(q->put(slow_item(i)));
        },
        "putter");
    story.thread([=] { q->set_maxsize(3); }, "resizer");
    story.at_end([=] {
        require(q->size() == 3, "not all are in");
        require(q->try_put(slow_item(9)) == status::full, "over the bound");
    });
}

// A bound that shrinks while putters use the queue: afterwards a full queue refuses items.
void shrink(scenario& story) {
    auto q = std::make_shared<segment_queue>(4);
    static_cast<void>(q->put(slow_item(0)));
    for (int p = 0; p < 2; ++p) {
        story.thread([=] { static_cast<void>(q->try_put(slow_item(1 + p))); },
                     "putter " + std::to_string(p + 1));
    }
    story.thread(
        [=] {
            q->set_maxsize(1);
            const auto before = q->size();
            const status answer = q->try_put(slow_item(9));
            require(answer == status::full || answer == status::busy, "over the bound");
            require(q->size() >= before, "an item was lost");
        },
        "resizer");
    story.at_end([=] { require(q->try_put(slow_item(9)) == status::full, "over the bound"); });
}

// A queue that is destroyed with items in it destroys each of them once.
void destroy_with_items(scenario& story) {
    auto* q = make_in_run<wide_queue>();
    auto ended = std::make_shared<scheduled_atomic<int>>(0);
    for (int p = 0; p < 2; ++p) {
        story.thread(
            [=] {
                for (int i = 0; i < slots; ++i) static_cast<void>(q->put(wide(i)));
                ended->fetch_add(1, std::memory_order_release);
            },
            "putter " + std::to_string(p + 1));
    }
    story.thread(
        [=] {
            static_cast<void>(q->get());
            while (ended->load(std::memory_order_acquire) != 2) scheduled::yield();
            q->~wide_queue();
        },
        "owner");
}

}  // namespace

void add_segment_models(protocol_models& to) {
    const std::string passing = "segments: passing and reuse";
    to.push_back({passing, "both ends cross", [](auto& story) { cross(story, 0, 0, 20, false); }});
    to.push_back({passing, "and are trimmed", [](auto& story) { cross(story, 40, 38, 8, true); }});
    to.push_back({passing, "one end crosses",
                  [](auto& story) { cross(story, slots - 2, slots - 4, 3, false); }});
    to.push_back({passing, "destroyed with items", destroy_with_items});
    const int residents = 16 * slots;
    to.push_back({"segments: guests", "getters reach a guest",
                  [=](auto& story) { cross(story, residents + 6, residents - 2, 3, false); }});
    to.push_back({"segments: guests", "and leave it", [=](auto& story) {
                      cross(story, residents + slots + 4, residents + slots - 4, 3, true);
                  }});
    to.push_back({"set_maxsize", "grows", grow});
    to.push_back({"set_maxsize", "shrinks", shrink});
}

}  // namespace conq::testing
