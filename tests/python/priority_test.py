# SPDX-License-Identifier: BSL-1.0
"""PriorityQueue: its order, and items whose comparison raises, calls back or lets others run."""
import functools
import random
import threading
import time
import unittest

import conq
from threads import Call


@functools.total_ordering
class Item:
    """Compared by `rank`; `on_compare` is called for each comparison."""

    def __init__(self, rank, on_compare=None):
        self.rank, self.on_compare = rank, on_compare

    def __eq__(self, other):
        return self.rank == other.rank

    def __lt__(self, other):
        for each in (self, other):
            if each.on_compare is not None:
                each.on_compare()
        return self.rank < other.rank


def drained(q):
    got = []
    while not q.empty():
        got.append(q.get())
    return got


class Order(unittest.TestCase):
    def test_it_sorts_and_keeps_equals_in_the_order_of_put(self):
        seed = random.randrange(2**32)
        print("seed", seed)
        draw = random.Random(seed)
        for size in (*range(20), 100, 1000):
            q = conq.PriorityQueue()
            kept = []
            for number in range(size):
                item = Item(draw.randrange(10))
                item.number = number
                q.put(item)
                kept.append(item)
                if draw.random() < 0.2:
                    first = min(kept, key=lambda each: (each.rank, each.number))
                    self.assertIs(q.get(), first)
                    kept.remove(first)
            kept.sort(key=lambda each: (each.rank, each.number))
            for item in kept:
                self.assertIs(q.get(), item)

    def test_threads_do_not_disturb_it(self):
        q = conq.PriorityQueue()
        yielding = lambda: time.sleep(0)  # in the middle of a comparison the others run
        threads = [Call(lambda base=base: [q.put(Item(base + 4 * i, yielding))
                                           for i in range(200)]) for base in range(4)]
        for each in threads:
            each.result()
        got = [Call(lambda: [q.get().rank for _ in range(200)]) for _ in range(4)]
        ranks = [each.result() for each in got]
        for each in ranks:
            self.assertEqual(each, sorted(each))
        self.assertEqual(sorted(sum(ranks, [])), list(range(800)))


class BadItems(unittest.TestCase):
    def test_an_item_that_cannot_be_compared_is_not_put(self):
        q = conq.PriorityQueue()
        q.put(1)
        with self.assertRaises(TypeError):
            q.put("x")
        self.assertEqual((q.qsize(), q.unfinished_tasks, q.get()), (1, 1, 1))

    def test_a_get_that_cannot_compare_takes_nothing(self):
        q = conq.PriorityQueue()
        items = [Item(rank) for rank in range(5)]
        for item in items:
            q.put(item)

        def fail():
            raise ZeroDivisionError
        items[3].on_compare = fail
        with self.assertRaises(ZeroDivisionError):
            drained(q)
        left = q.qsize()
        items[3].on_compare = None
        got = drained(q)
        self.assertEqual(len(got), left)
        self.assertEqual([each.rank for each in got], list(range(5 - left, 5)))

    def test_a_comparison_may_call_the_queue(self):
        q = conq.PriorityQueue()
        depth = threading.local()

        def call_back():
            if getattr(depth, "inside", False) or q.qsize() > 50:
                return
            depth.inside = True
            q.put(Item(1000))
            depth.inside = False
        for rank in (5, 3, 4, 1, 2):
            q.put(Item(rank, call_back))
        ranks = [each.rank for each in drained(q)]
        self.assertEqual(ranks, sorted(ranks))
        self.assertEqual(ranks[:5], [1, 2, 3, 4, 5])

    def test_one_that_always_changes_the_queue_is_told_so(self):
        q = conq.PriorityQueue()
        inside = []

        def call_back():
            if not inside:
                inside.append(1)
                q.put(Item(1000))
                inside.clear()
        q.put(Item(0))
        with self.assertRaisesRegex(RuntimeError, "__lt__"):
            q.put(Item(1, call_back))
        ranks = [each.rank for each in drained(q)]
        self.assertEqual(ranks, sorted(ranks))


if __name__ == "__main__":
    unittest.main()
