// SPDX-License-Identifier: BSL-1.0
#include "bench/resources.hpp"

#include <pthread.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>
#include <thread>

#include "conq/queue.hpp"

namespace {
std::atomic<std::size_t> allocated_bytes{0};
}

// Counts what the program allocates; frees do not matter here.
void* operator new(std::size_t size) {
    allocated_bytes.fetch_add(size, std::memory_order_relaxed);
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace conq::bench {

double idle_consumer_ns() {
    bounded_queue<int> queue(1024);
    std::jthread consumer([&] { static_cast<void>(queue.get()); });
    clockid_t clock{};
    pthread_getcpuclockid(consumer.native_handle(), &clock);
    const auto used_ns = [&] {
        timespec used{};
        clock_gettime(clock, &used);
        return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
    };
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // a thousand spin windows
    const double before = used_ns();
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const double used = used_ns() - before;
    queue.shutdown();
    return used;
}

std::size_t empty_queue_bytes() {
    const std::size_t before = allocated_bytes.load();
    const queue<int> empty;
    return sizeof empty + (allocated_bytes.load() - before);
}

}  // namespace conq::bench
