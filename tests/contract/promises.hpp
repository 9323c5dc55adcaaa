// SPDX-License-Identifier: BSL-1.0
// Promises: tests of the contract. Each runs on every queue that can do what the promise needs.
#ifndef CONQ_TESTS_CONTRACT_PROMISES_HPP
#define CONQ_TESTS_CONTRACT_PROMISES_HPP

#include <gtest/gtest.h>

#include <array>

#include "subjects.hpp"

namespace conq::test {

/// A promise on one queue; nullptr if the queue cannot do what the promise needs.
using promise_body = void (*)();
/// A promise on each of all_subjects, in their order.
template <class... Subjects>
auto bodies_on(::testing::Types<Subjects...>) -> std::array<promise_body, sizeof...(Subjects)>;
using promise_bodies = decltype(bodies_on(all_subjects{}));

/// Makes a test "SUITE/QUEUE.PROMISE" of each body. Always returns true.
bool register_promise(const char* suite, const char* promise, const char* file, int line,
                      const promise_bodies& bodies);

/// The bodies that `body_on`, a generic lambda, has for the subjects.
template <class BodyOn, class... Subjects>
constexpr promise_bodies bodies_of(BodyOn body_on, ::testing::Types<Subjects...>) {
    return { body_on.template operator()<Subjects>()... };
}

}  // namespace conq::test

/// A promise: a test on every queue that has the capabilities `needs`. The matrix shows the other
/// queues as "-". The test is registered as a pointer to a function: googletest's typed tests make
/// a class for each queue, and with them some of these sources take a quarter longer to compile.
#define CONQ_PROMISE(suite, promise, needs)                                               \
    template <class Subject> void suite##_##promise();                                    \
    [[maybe_unused]] const bool suite##_##promise##_is_registered =                       \
        ::conq::test::register_promise(                                                   \
            #suite, #promise, __FILE__, __LINE__,                                         \
            ::conq::test::bodies_of(                                                      \
                []<class Subject>() -> ::conq::test::promise_body {                       \
                    using namespace ::conq::test;                                         \
                    if constexpr ((Subject::capabilities & (needs)) == unsigned{needs}) { \
                        return &suite##_##promise<Subject>;                               \
                    } else {                                                              \
                        return nullptr;                                                   \
                    }                                                                     \
                },                                                                        \
                ::conq::test::all_subjects{}));                                           \
    template <class Subject> void suite##_##promise()

#endif
