// SPDX-License-Identifier: BSL-1.0
// A put or get to be tried, by its address: waiting is compiled once for all kinds of sources and
// slots.
#ifndef CONQ_QUEUE_ATTEMPT_HPP
#define CONQ_QUEUE_ATTEMPT_HPP

#include "conq/contract/status.hpp"

namespace conq {

/// Calls what it was made from, which outlives it. Threads, progress, errors: those of the call.
class attempt {
public:
    /// To call `made()`, which answers a status.
    template <class Call>
    explicit attempt(const Call& made) noexcept
        : object_(&made),
          call_([](const void* what) { return (*static_cast<const Call*>(what))(); }) {}
    /// Tries.
    status operator()() const { return call_(object_); }

private:
    const void* object_;
    status (*call_)(const void* object);
};

}  // namespace conq

#endif
