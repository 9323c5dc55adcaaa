// SPDX-License-Identifier: BSL-1.0
// What the core needs of the headers chrono and memory: durations, time points and clocks;
// allocators and their traits, construct_at and destroy_at.
//
// In libstdc++ chrono also brings the calendar and string streams (and format, from GCC 13), memory
// the shared pointers and parallel algorithms: a quarter of what a file took to compile that
// includes conq/queue.hpp. Its mutex and vector are made of the parts that are wanted here. Any of
// its headers says which library it is.
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
