# SPDX-License-Identifier: BSL-1.0
"""Provide the methods that a subclass may override, as in the standard library's queues.

A class that overrides one of them inherits the others from here, and keeps its items in
`self.queue` or where it likes. All other classes keep their items in C++.
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
    """Add _init, _qsize, _put and _get to each of the three classes."""
    append = lambda items, item: items.append(item)
    hooks = {
        queue: _hooks_of(collections.deque, append, lambda items: items.popleft()),
        lifo_queue: _hooks_of(list, append, lambda items: items.pop()),
        priority_queue: _hooks_of(list, heapq.heappush, heapq.heappop),
    }
    for each, functions in hooks.items():
        for function in functions:
            setattr(each, function.__name__, function)
