// SPDX-License-Identifier: BSL-1.0
// What traits promise about allocators: the instance that a queue is made with allocates all that
// the queue allocates, and makes and ends its items.
#include "../support/allocators.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/items.hpp"
#include "conq/locked_queue.hpp"
#include "conq/pmr.hpp"
#include "conq/queue.hpp"
#include "conq/rendezvous.hpp"

namespace {

using conq::status;
using conq::test::counting;
using conq::test::ledger;
using conq::test::making;

/// A pointer that is no T*.
template <class T> struct fancy {
    using element_type = T;
    T* raw;
    static fancy pointer_to(T& to) noexcept { return {std::addressof(to)}; }
    T* operator->() const noexcept { return raw; }
};

std::atomic<int> fancy_allocations{0};

/// It hands out pointers of its own.
template <class T> struct with_fancy_pointers {
    using value_type = T;
    using pointer = fancy<T>;
    using const_pointer = fancy<const T>;
    using void_pointer = fancy<void>;
    using const_void_pointer = fancy<const void>;
    with_fancy_pointers() = default;
    template <class U> with_fancy_pointers(const with_fancy_pointers<U>&) noexcept {}
    fancy<T> allocate(std::size_t n) {
        ++fancy_allocations;
        return {std::allocator<T>().allocate(n)};
    }
    void deallocate(fancy<T> at, std::size_t n) noexcept {
        --fancy_allocations;
        std::allocator<T>().deallocate(at.raw, n);
    }
    friend bool operator==(with_fancy_pointers, with_fancy_pointers) noexcept { return true; }
};

template <template <class> class Allocator> struct with : conq::default_traits {
    template <class T> using allocator = Allocator<T>;
};

struct by_value {
    template <class T> bool operator()(const T& a, const T& b) const {
        if constexpr (requires { a.value; }) {
            return a.value < b.value;
        } else {
            return a < b;
        }
    }
};
template <class T, class Traits>
using basic_sorted_queue = conq::basic_priority_queue<T, by_value, Traits>;

template <template <class, class> class Queue> struct family {
    template <class T, class Traits> using queue = Queue<T, Traits>;
    static constexpr bool moves_inside = false;
};
/// Items move inside the queue, too.
struct sorted : family<basic_sorted_queue> {
    static constexpr bool moves_inside = true;
};
struct timed : family<conq::basic_delay_queue> {
    static constexpr bool moves_inside = true;
};
template <class Family> class allocators : public ::testing::Test {};
using families = ::testing::Types<family<conq::basic_bounded_queue>, family<conq::basic_queue>,
                                  family<conq::basic_locked_queue>, family<conq::basic_lifo_queue>,
                                  family<conq::basic_spsc_queue>, sorted, timed>;
TYPED_TEST_SUITE(allocators, families);

// More items than a segment or a deque's block holds, put and taken in waves.
template <class Queue, class Make> void use(Queue& queue, Make make) {
    for (int wave = 0; wave < 3; ++wave) {
        for (int i = 0; i < 700; ++i) ASSERT_EQ(queue.put(make(i)), status::ok);
        for (int i = 0; i < 650; ++i) ASSERT_TRUE(queue.take());
        while (auto rest = queue.try_take()) rest.done();
    }
    for (int i = 0; i < 100; ++i) ASSERT_EQ(queue.put(make(i)), status::ok);  // stay in
}

// The memory of a batch that is taken is of the queue's allocator, too.
template <class Queue, class Make> void use_batches(Queue& queue, Make make) {
    const std::array items{make(1), make(2), make(3)};
    ASSERT_EQ(queue.put_many(items.begin(), items.end()).count, 3u);
    EXPECT_EQ(queue.take_many(5).size(), 3u);
}

TYPED_TEST(allocators, the_instance_allocates_everything_and_gets_it_back) {
    ledger book;
    {
        typename TypeParam::template queue<std::string, with<counting>> queue(
            800, counting<std::string>(book));
        EXPECT_EQ(queue.get_allocator().book, &book);
        use_batches(queue, [](int i) { return std::to_string(i); });
        use(queue, [](int i) { return std::to_string(i); });
        EXPECT_GT(book.bytes, 100 * sizeof(std::string));
    }
    EXPECT_EQ(book.bytes, 0u);
}

TYPED_TEST(allocators, the_instance_serves_items_whose_move_may_throw) {
    using conq::test::throwing;
    throwing::throws_on_copy = throwing::throws_on_move = false;
    const int alive = throwing::alive;
    ledger book;
    {
        typename TypeParam::template queue<throwing, with<counting>> queue(
            800, counting<throwing>(book));
        for (int i = 0; i < 700; ++i) ASSERT_EQ(queue.put(throwing(i)), status::ok);
        for (int i = 0; i < 600; ++i) ASSERT_TRUE(queue.take());
        EXPECT_GT(book.bytes, 100 * sizeof(throwing));
        queue.shutdown(conq::immediate);
    }
    EXPECT_EQ(book.bytes, 0u);
    EXPECT_EQ(throwing::alive, alive);
}

TYPED_TEST(allocators, an_allocator_that_fails_puts_nothing) {
    ledger book;
    typename TypeParam::template queue<std::string, with<counting>> queue(
        2000, counting<std::string>(book));
    ASSERT_EQ(queue.put("first"), status::ok);
    book.refuses = true;
    std::string item = "an item that has not been touched";
    std::size_t put = 1;
    try {
        while (queue.size() < 2000) {
            std::string next = item;
            static_cast<void>(queue.put(std::move(next)));
            ++put;
        }
    } catch (const std::bad_alloc&) {  // sooner or later, or never: a ring has all it needs
    }
    EXPECT_EQ(queue.size(), put);
    EXPECT_EQ(queue.unfinished(), put);
    book.refuses = false;
    EXPECT_TRUE(queue.take());
    EXPECT_EQ(queue.put(std::move(item)), status::ok);
}

TYPED_TEST(allocators, construct_and_destroy_make_and_end_each_item) {
    ledger book;
    {
        typename TypeParam::template queue<int, with<making>> queue(800, making<int>(book));
        use_batches(queue, [](int i) { return i; });
        EXPECT_EQ(book.items_made, book.items_ended);
        const std::uint64_t by_batches = book.items_made;
        EXPECT_GE(by_batches, 6u);
        use(queue, [](int i) { return i; });
        EXPECT_EQ(book.items_made - book.items_ended, 100u);
        EXPECT_EQ(queue.emplace(7), status::ok);
        const int copied = 8;
        EXPECT_EQ(queue.put(copied), status::ok);
        EXPECT_EQ(book.items_made - book.items_ended, 102u);
        if (!TypeParam::moves_inside) {
            EXPECT_EQ(book.items_made - by_batches, 3u * 700 + 102);
        }
    }
    EXPECT_EQ(book.items_made, book.items_ended);
    EXPECT_EQ(book.bytes, 0u);
}

TYPED_TEST(allocators, a_construct_that_may_throw_is_called_where_that_harms_nothing) {
    ledger book;
    {
        typename TypeParam::template queue<std::string, with<making>> queue(
            800, making<std::string>(book));
        use(queue, [](int i) { return std::to_string(i); });
        ASSERT_EQ(queue.emplace(std::size_t{3}, 'x'),
                  status::ok);  // making it from these may throw
    }
    EXPECT_GE(book.items_made, 3u * 700 + 101);
    EXPECT_EQ(book.items_made, book.items_ended);
}

/// Puts everything into the buffer of one test, and nothing elsewhere.
class pmr : public ::testing::Test {
protected:
    pmr() { std::pmr::set_default_resource(std::pmr::null_memory_resource()); }
    ~pmr() override { std::pmr::set_default_resource(nullptr); }

    static constexpr const char* text = "longer than what a string holds without allocating";
    std::array<std::byte, 1 << 18> bytes;
    std::pmr::monotonic_buffer_resource arena{bytes.data(), bytes.size(),
                                              std::pmr::null_memory_resource()};
};

TEST_F(pmr, queues_and_the_items_that_use_allocators_live_in_the_resource) {
    conq::pmr::queue<std::pmr::string> queue(&arena);
    conq::pmr::bounded_queue<std::pmr::string> bounded(3, &arena);
    conq::pmr::locked_queue<std::pmr::string> locked(3, &arena);
    conq::pmr::lifo_queue<std::pmr::string> lifo(&arena);
    conq::pmr::spsc_queue<std::pmr::string> spsc(3, &arena);
    conq::pmr::delay_queue<std::pmr::string> delay(&arena);
    conq::pmr::priority_queue<std::pmr::string> priority(&arena);
    const auto check = [&](auto& each) {
        EXPECT_EQ(each.get_allocator().resource(), &arena);
        EXPECT_EQ(each.emplace(text), status::ok);
        EXPECT_EQ(each.try_put(std::pmr::string(text, &arena)), status::ok);
        for (int i = 0; i < 2; ++i) {
            const auto item = each.take();
            EXPECT_EQ(*item, text);
            EXPECT_EQ(item->get_allocator().resource(), &arena);
        }
        const std::array texts{text, text};
        EXPECT_EQ(each.put_many(texts.begin(), texts.end()).count, 2u);
        for (const auto& item : each.take_many(2)) {
            EXPECT_EQ(item, text);
            EXPECT_EQ(item.get_allocator().resource(), &arena);
        }
        each.join();
    };
    check(queue);
    check(bounded);
    check(locked);
    check(lifo);
    check(spsc);
    check(delay);
    check(priority);
}

TEST_F(pmr, items_that_are_handed_over_live_in_the_resource_of_a_rendezvous) {
    conq::pmr::rendezvous<std::pmr::string> queue(&arena);
    EXPECT_EQ(queue.get_allocator().resource(), &arena);
    std::jthread getter([&] {
        for (auto& task : queue) {
            EXPECT_EQ(*task, text);
            EXPECT_EQ(task->get_allocator().resource(), &arena);
        }
    });
    EXPECT_EQ(queue.emplace(text), status::ok);
    EXPECT_EQ(queue.put(std::pmr::string(text, &arena)), status::ok);
    const std::pmr::string copied(text, &arena);
    EXPECT_EQ(queue.put(copied), status::ok);
    queue.join();
    queue.shutdown();
}

TEST_F(pmr, items_that_use_no_allocator_stay_in_the_lock_free_buffers) {
    using allocator = std::pmr::polymorphic_allocator<int>;
    EXPECT_TRUE((conq::lock_free_storable<int, allocator>));
    EXPECT_TRUE((conq::lock_free_storable<std::pair<int, std::string>, allocator>));
    EXPECT_FALSE((conq::lock_free_storable<std::pmr::string, allocator>));
    // A pair uses no allocator, but its halves are handed one: the move of this one may throw.
    EXPECT_FALSE((conq::lock_free_storable<std::pair<int, std::pmr::string>, allocator>));
    EXPECT_FALSE((conq::lock_free_storable<std::pair<std::pair<const std::pmr::string, int>, int>,
                                           allocator>));
    conq::pmr::bounded_queue<int> queue(3, &arena);
    EXPECT_EQ(queue.put(1), status::ok);
    EXPECT_EQ(*queue.take(), 1);
}

TEST_F(pmr, a_queue_in_a_container_gets_its_resource) {
    EXPECT_TRUE((std::uses_allocator_v<conq::pmr::queue<int>, std::pmr::polymorphic_allocator<>>));
    std::pmr::polymorphic_allocator<> allocator(&arena);
    auto* const queue = allocator.new_object<conq::pmr::bounded_queue<int>>(3);
    EXPECT_EQ(queue->get_allocator().resource(), &arena);
    allocator.delete_object(queue);
}

TEST(bounded_queue, allocates_in_its_constructor_only) {
    ledger book;
    conq::basic_bounded_queue<std::string, with<counting>> queue(800, counting<std::string>(book));
    EXPECT_EQ(book.allocations, 1u);
    use(queue, [](int i) { return std::to_string(i); });
    EXPECT_EQ(book.allocations, 1u);
}

TEST(rendezvous, allocates_nothing_and_its_allocator_makes_each_item_once) {
    ledger book;
    conq::basic_rendezvous<int, with<making>> queue{making<int>(book)};
    int sum = 0;
    std::jthread getter([&] {
        for (auto& task : queue) sum += *task;
    });
    for (int i = 0; i < 100; ++i) ASSERT_EQ(queue.put(std::move(i)), status::ok);
    const int copied = 8;
    EXPECT_EQ(queue.put(copied), status::ok);
    EXPECT_EQ(queue.emplace(7), status::ok);
    queue.join();
    queue.shutdown();
    getter.join();
    EXPECT_EQ(sum, 99 * 100 / 2 + 8 + 7);
    EXPECT_EQ(book.items_made, 102u);
    EXPECT_EQ(book.allocations, 0u);
}

TEST(pointers_of_its_own, are_fine_for_an_allocator) {
    {
        conq::basic_queue<int, with<with_fancy_pointers>> queue(800);
        conq::basic_bounded_queue<int, with<with_fancy_pointers>> bounded(800);
        use(queue, [](int i) { return i; });
        use(bounded, [](int i) { return i; });
        EXPECT_GT(fancy_allocations, 1);
    }
    EXPECT_EQ(fancy_allocations, 0);
}

TEST(a_bounded_queue, allocates_what_its_slots_take) {
    ledger book;
    using item = std::array<char, 56>;
    const conq::basic_bounded_queue<item, with<counting>> small{3, counting<item>(book)};
    EXPECT_EQ(book.bytes, 3 * (sizeof(item) + 8));
    book.bytes = 0;
    const conq::basic_bounded_queue<item, with<counting>> large{256, counting<item>(book)};
    EXPECT_EQ(book.bytes, (256 + 8) * (sizeof(item) + 8));
}

/// Whoever has counted a segment that it is making waits until others have counted theirs.
struct meeting_platform : conq::platform::native {
    static inline std::barrier<>* all_count = nullptr;
    template <class T> struct atomic : std::atomic<T> {
        using std::atomic<T>::atomic;
        T fetch_add(T n, std::memory_order order = std::memory_order_seq_cst) noexcept {
            const T was = std::atomic<T>::fetch_add(n, order);
            if (sizeof(T) == 8 && all_count != nullptr) all_count->arrive_and_wait();
            return was;
        }
    };
};
struct meeting_traits : with<counting> {
    using platform = meeting_platform;
};

// The guests among the segments made at once used to count as residents for good: one of those was
// left, or none, and this queue allocated a segment a hundred times.
TEST(a_short_queue, allocates_no_more_though_many_made_its_first_segment_at_once) {
    constexpr int putters = 32, pairs = 100 * 512;
    ledger book;
    conq::basic_queue<int, meeting_traits> queue{counting<int>(book)};
    std::barrier<> all_count(putters);
    meeting_platform::all_count = &all_count;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < putters; ++i) threads.emplace_back([&] { queue.put(1); });
    }
    meeting_platform::all_count = nullptr;
    ASSERT_EQ(book.allocations, static_cast<std::size_t>(putters));
    while (queue.try_get()) {
    }
    for (int i = 0; i < pairs; ++i) {
        ASSERT_EQ(queue.put(i), status::ok);
        ASSERT_EQ(queue.get().value(), i);
    }
    EXPECT_LE(book.allocations, putters + 16u);
}

}  // namespace
