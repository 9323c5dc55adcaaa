// SPDX-License-Identifier: BSL-1.0
// The adapter with the names of P0260: what a pop does with an item that throws. Only this file is
// compiled as C++23, for std::expected.
#include <stdexcept>

#include "conq/p0260.hpp"
#include "models.hpp"

namespace conq::testing {
namespace {

// An item that throws when it is moved out of its queue, which is its second move.
class stubborn_item {
public:
    stubborn_item() = default;
    stubborn_item(stubborn_item&& other) noexcept(false) : moves_(other.moves_ + 1) {
        scheduler::current()->step("move");
        if (moves_ == 2) throw std::runtime_error("a move");
    }
    stubborn_item& operator=(stubborn_item&&) = delete;

private:
    int moves_ = 0;
};

// A pop drops an item whose move throws, and says so.
void throw_in_pop(scenario& story) {
    auto q = std::make_shared<basic_bounded_queue<stubborn_item, scheduled_traits>>(2);
    const auto is_thrown = [](auto call) {
        try {
            static_cast<void>(call());
        } catch (const std::runtime_error&) {
            return true;
        }
        return false;
    };
    story.thread([=] { require(q->put(stubborn_item()) == status::ok, "refused"); }, "putter");
    story.thread(
        [=] {
            p0260::adaptor front(*q);
            require(is_thrown([&] { return front.pop(); }), "a failure of a pop was lost");
            static_cast<void>(q->put(stubborn_item()));
            require(is_thrown([&] { return front.try_pop(); }), "a failure of a try was lost");
            require(q->empty(), "an item was left");
        },
        "getter");
}

}  // namespace

void add_p0260_models(protocol_models& to) {
    to.push_back({"an item that throws", "in a pop of P0260", throw_in_pop});
}

}  // namespace conq::testing
