// SPDX-License-Identifier: BSL-1.0
// A work queue without room: a put hands its item directly to a get.
//
//     conq::rendezvous<std::string> q;
//     std::jthread worker([&] { for (auto& task : q) work(*task); });
//     q.put("a.png");  // returns once the worker has it
#ifndef CONQ_RENDEZVOUS_HPP
#define CONQ_RENDEZVOUS_HPP

#include "conq/contract/concepts.hpp"
#include "conq/queue/rendezvous.hpp"

#endif
