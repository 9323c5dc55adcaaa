// SPDX-License-Identifier: BSL-1.0
// What the core needs from the headers chrono and memory: durations, time points and clocks;
// allocators and their traits, construct_at and destroy_at.
//
// In libstdc++ chrono also brings the calendar and string streams (from GCC 13 on, format, too),
// and memory the shared pointers and parallel algorithms. Together they took a quarter of the
// compile time of a file that includes conq/queue.hpp. The headers mutex and vector of libstdc++
// include only the parts that are needed here. Any standard header tells which library it is: hence
// cstddef comes first.
#ifndef CONQ_PLATFORM_STANDARD_HPP
#define CONQ_PLATFORM_STANDARD_HPP

#include <cstddef>

#include "conq/platform/config.hpp"

#if defined(__GLIBCXX__)
#include <mutex>
#include <vector>
#else
#include <chrono>
#include <memory>
#endif

#endif
