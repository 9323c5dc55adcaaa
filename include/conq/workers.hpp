// SPDX-License-Identifier: BSL-1.0
// Threads that process the items of a queue.
//
//     conq::bounded_queue<job> q(100);
//     conq::workers pool(q, 4, [](job& j) { j.run(); });
//     q.put(job(1));
//     pool.join();  // everything has been processed; rethrows the first failure
#ifndef CONQ_WORKERS_HPP
#define CONQ_WORKERS_HPP

#include "conq/parallel/workers.hpp"

#endif
