// SPDX-License-Identifier: BSL-1.0
// The queues that the contract suite runs on, and what each queue can do.
#ifndef CONQ_TESTS_CONTRACT_SUBJECTS_HPP
#define CONQ_TESTS_CONTRACT_SUBJECTS_HPP

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <string>

#include "conq/delay_queue.hpp"
#include "conq/lifo_queue.hpp"
#include "conq/locked_queue.hpp"
#include "conq/platform/futex_portable.hpp"
#include "conq/priority_queue.hpp"
#include "conq/queue.hpp"
#include "conq/rendezvous.hpp"
#include "conq/spsc_queue.hpp"

namespace conq::test {

/// What a promise may need from a queue.
enum capability : unsigned {
    any = 0,
    bounded = 1,         ///< can be full
    unbounded = 2,       ///< has a form without a bound
    resizable = 4,       ///< set_maxsize
    fifo = 8,            ///< first in, first out
    lock_free_try = 16,  ///< try_ calls never take a lock
    lifo = 32,           ///< last in, first out
    sorted = 64,         ///< the lowest first, equals in the order of put
    many = 128,          ///< any number of putters and getters at once
    holds = 256,         ///< has room for items that no getter has come for yet
    hands_over = 512,    ///< has no room: a put waits for a get
};

struct portable_traits : default_traits {
    using platform = conq::platform::portable;
};
struct prompt_traits : default_traits {
    using wake = policy::prompt;
};

template <template <class, class> class Queue, class Traits, unsigned Capabilities> struct subject {
    static constexpr unsigned capabilities = Capabilities;
    using traits = Traits;
    template <class T, class Other = Traits> using queue = Queue<T, Other>;
};

struct locked
    : subject<basic_locked_queue, default_traits, holds | many | bounded | unbounded | fifo> {
    static constexpr const char* name = "locked_queue";
};
struct bounded_ring
    : subject<basic_bounded_queue, default_traits, holds | many | bounded | fifo | lock_free_try> {
    static constexpr const char* name = "bounded_queue";
};
struct bounded_portable
    : subject<basic_bounded_queue, portable_traits, holds | many | bounded | fifo | lock_free_try> {
    static constexpr const char* name = "bounded_queue, portable waiter";
};
struct bounded_prompt
    : subject<basic_bounded_queue, prompt_traits, holds | many | bounded | fifo | lock_free_try> {
    static constexpr const char* name = "bounded_queue, prompt";
};

struct segmented : subject<basic_queue, default_traits,
                           holds | many | bounded | unbounded | resizable | fifo | lock_free_try> {
    static constexpr const char* name = "queue";
};
struct segmented_portable
    : subject<basic_queue, portable_traits,
              holds | many | bounded | unbounded | resizable | fifo | lock_free_try> {
    static constexpr const char* name = "queue, portable waiter";
};

struct stacked
    : subject<basic_lifo_queue, default_traits, holds | many | bounded | unbounded | lifo> {
    static constexpr const char* name = "lifo_queue";
};

/// The order of the values if a type has one. The items of all other types are equal.
template <class T> struct by_value {
    bool operator()(const T& a, const T& b) const {
        if constexpr (requires { a.value < b.value; }) {
            return a.value < b.value;
        } else if constexpr (requires { a < b; }) {
            return a < b;
        } else {
            return false;
        }
    }
};
struct prioritized {
    static constexpr const char* name = "priority_queue";
    static constexpr unsigned capabilities = holds | many | bounded | unbounded | sorted;
    using traits = default_traits;
    template <class T, class Other = traits>
    using queue = basic_priority_queue<T, by_value<T>, Other>;
};

struct timed
    : subject<basic_delay_queue, default_traits, holds | many | bounded | unbounded | fifo> {
    static constexpr const char* name = "delay_queue, due at once";
};
struct spsc : subject<basic_spsc_queue, default_traits, holds | bounded | fifo | lock_free_try> {
    static constexpr const char* name = "spsc_queue";
};
struct spsc_portable
    : subject<basic_spsc_queue, portable_traits, holds | bounded | fifo | lock_free_try> {
    static constexpr const char* name = "spsc_queue, portable waiter, no barrier";
};

/// A queue without a size that can be made from a size all the same, as the suites do.
template <class T, class Traits> struct sizeless : basic_rendezvous<T, Traits> {
    explicit sizeless(std::integral auto) {}
};
struct handing : subject<sizeless, default_traits, many | fifo | hands_over> {
    static constexpr const char* name = "rendezvous";
};
struct handing_portable : subject<sizeless, portable_traits, many | fifo | hands_over> {
    static constexpr const char* name = "rendezvous, portable waiter";
};
struct handing_prompt : subject<sizeless, prompt_traits, many | fifo | hands_over> {
    static constexpr const char* name = "rendezvous, prompt";
};

/// The subjects with any number of putters and getters, and all subjects. For the second compiler,
/// a sanitizer or an emulator, which take many times as long to build or to run, these are each
/// type of queue and each kind of waiting once.
#if CONQ_TESTS_FEW_VARIANTS
using subjects_for_many = ::testing::Types<locked, bounded_ring, segmented, segmented_portable,
                                           stacked, prioritized, timed, handing>;
using all_subjects = ::testing::Types<locked, bounded_ring, segmented, segmented_portable, stacked,
                                      prioritized, timed, handing, handing_portable, spsc>;
#else
using subjects_for_many =
    ::testing::Types<locked, bounded_ring, bounded_portable, bounded_prompt, segmented,
                     segmented_portable, stacked, prioritized, timed, handing>;
using all_subjects =
    ::testing::Types<locked, bounded_ring, bounded_portable, bounded_prompt, segmented,
                     segmented_portable, stacked, prioritized, timed, handing, handing_portable,
                     handing_prompt, spsc, spsc_portable>;
#endif

struct subject_names {
    template <class Subject> static std::string GetName(int) { return Subject::name; }
};

/// A test suite over subjects, for googletest's typed tests.
template <class Subject> class contract : public ::testing::Test {
public:
    template <class T> using queue = typename Subject::template queue<T>;
};

}  // namespace conq::test

#endif
