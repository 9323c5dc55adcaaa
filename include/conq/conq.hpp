// SPDX-License-Identifier: BSL-1.0
// Includes the whole core.
#ifndef CONQ_CONQ_HPP
#define CONQ_CONQ_HPP

#include "conq/delay_queue.hpp"
#include "conq/lifo_queue.hpp"
#include "conq/locked_queue.hpp"
#include "conq/priority_queue.hpp"
#include "conq/queue.hpp"
#include "conq/rendezvous.hpp"
#include "conq/spsc_queue.hpp"
#include "conq/workers.hpp"

#endif
