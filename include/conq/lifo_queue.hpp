// SPDX-License-Identifier: BSL-1.0
// A work queue that hands out the newest item first.
//
//     conq::lifo_queue<request> q;
//     q.put(request(1));
//     q.put(request(2));
//     q.get();  // request 2
#ifndef CONQ_LIFO_QUEUE_HPP
#define CONQ_LIFO_QUEUE_HPP

#include "conq/queue/lifo_queue.hpp"

#endif
