// SPDX-License-Identifier: BSL-1.0
// One producer of ten items, three consumers, and an orderly end: join waits until all items have
// been processed; shutdown ends the consumers' loops.
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "conq/queue.hpp"

int main() {
    conq::bounded_queue<int> queue(4);

    // One call of puts writes one whole line, even while other threads print.
    const auto say = [](const std::string& line) { std::puts(line.c_str()); };

    std::vector<std::jthread> consumers;
    for (int i = 1; i <= 3; ++i) {
        consumers.emplace_back([&, i] {
            for (auto& task : queue) {
                say("consumer " + std::to_string(i) + " got item " + std::to_string(*task));
            }
            say("consumer " + std::to_string(i) + " ends");
        });
    }
    std::jthread producer([&] {
        for (int item = 0; item < 10; ++item) {
            say("producer puts item " + std::to_string(item));
            queue.put(item);
        }
    });

    producer.join();
    queue.join();
    say("all items have been processed");
    queue.shutdown();
}
