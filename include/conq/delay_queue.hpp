// SPDX-License-Identifier: BSL-1.0
// A work queue whose items come out when they are due.
//
//     conq::delay_queue<job> q;
//     q.put_after(job(1), 5s);
//     q.put(job(2));
//     q.get();  // job 2, at once
//     q.get();  // job 1, five seconds later
#ifndef CONQ_DELAY_QUEUE_HPP
#define CONQ_DELAY_QUEUE_HPP

#include "conq/queue/delay_queue.hpp"

#endif
