# SPDX-License-Identifier: BSL-1.0
"""The methods that subclasses may override, as the standard library's queues have them.

A class that does so keeps its items in `self.queue` or where it likes, and these are what it
inherits; the items of all others are in C++.
"""
import collections
import heapq


def _hooks_of(new, put, get):
    def _init(self, maxsize):
        self.queue = new()

    def _qsize(self):
        return len(self.queue)

    def _put(self, item):
        put(self.queue, item)

    def _get(self):
        return get(self.queue)

    return [_init, _qsize, _put, _get]


def add_hooks(queue, lifo_queue, priority_queue):
    """Gives the three classes the methods."""
    append = lambda items, item: items.append(item)
    hooks = {
        queue: _hooks_of(collections.deque, append, lambda items: items.popleft()),
        lifo_queue: _hooks_of(list, append, lambda items: items.pop()),
        priority_queue: _hooks_of(list, heapq.heappush, heapq.heappop),
    }
    for each, functions in hooks.items():
        for function in functions:
            setattr(each, function.__name__, function)
