// SPDX-License-Identifier: BSL-1.0
// The baseline: a mutex, condition variables and a deque, with the whole contract.
//
//     conq::locked_queue<std::string> q(100);
//     q.put("an item");
#ifndef CONQ_LOCKED_QUEUE_HPP
#define CONQ_LOCKED_QUEUE_HPP

#include "conq/queue/locked_queue.hpp"

#endif
