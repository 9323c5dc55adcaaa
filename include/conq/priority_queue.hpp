// SPDX-License-Identifier: BSL-1.0
// The lowest item first, equals in the order in which they were put.
//
//     struct sooner {
//         bool operator()(const job& a, const job& b) const { return a.deadline < b.deadline; }
//     };
//     conq::priority_queue<job, sooner> q;
//     q.put(job{.deadline = 20});
//     q.put(job{.deadline = 10});
//     q.get();  // the one of 10
#ifndef CONQ_PRIORITY_QUEUE_HPP
#define CONQ_PRIORITY_QUEUE_HPP

#include "conq/queue/priority_queue.hpp"

#endif
