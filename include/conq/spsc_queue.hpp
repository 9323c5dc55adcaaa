// SPDX-License-Identifier: BSL-1.0
// A work queue between one producer thread and one consumer thread.
//
//     conq::spsc_queue<frame> q(64);
//     std::jthread writer([&] { for (auto& next : q) write(*next); });
//     while (auto next = read()) q.put(*next);
//     q.shutdown();   // the writer's loop ends when all is written
#ifndef CONQ_SPSC_QUEUE_HPP
#define CONQ_SPSC_QUEUE_HPP

#include "conq/queue/spsc_queue.hpp"

#endif
