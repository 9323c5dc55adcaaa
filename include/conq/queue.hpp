// SPDX-License-Identifier: BSL-1.0
// The work queues: put, get, task_done, join.
//
//     conq::bounded_queue<std::string> q(100);
//     std::jthread worker([&] { for (auto& task : q) print(*task); });
//     q.put("an item");
//     q.join();       // every item has been processed
//     q.shutdown();   // the worker's loop ends
#ifndef CONQ_QUEUE_HPP
#define CONQ_QUEUE_HPP

#include "conq/queue/bounded_queue.hpp"
#include "conq/queue/unbounded_queue.hpp"

#endif
