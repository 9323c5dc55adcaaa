// SPDX-License-Identifier: BSL-1.0
// One attempt to put or get, behind a type-erased reference: so the code that waits is compiled
// once for all kinds of sources and slots.
#ifndef CONQ_QUEUE_ATTEMPT_HPP
#define CONQ_QUEUE_ATTEMPT_HPP

#include "conq/contract/status.hpp"

namespace conq {

/// Refers to a callable, which must outlive it. Thread-safety, progress and errors: the callable's.
class attempt {
public:
    /// Refers to `made`; each `made()` is one attempt and returns its status.
    template <class Call>
    explicit attempt(const Call& made) noexcept
        : object_(&made),
          call_([](const void* what) { return (*static_cast<const Call*>(what))(); }) {}
    /// Makes one attempt.
    status operator()() const { return call_(object_); }

private:
    const void* object_;
    status (*call_)(const void* object);
};

}  // namespace conq

#endif
