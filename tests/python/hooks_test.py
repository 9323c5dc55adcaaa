# SPDX-License-Identifier: BSL-1.0
"""Subclasses, with and without hooks of their own."""
import unittest

import conq
from queue_test import COUNTED, for_each_class
from threads import Call


class Unique(conq.Queue):
    """As recipes have it: a set in place of the deque."""

    def _init(self, maxsize):
        self.queue = set()

    def _put(self, item):
        self.queue.add(item)

    def _get(self):
        return self.queue.pop()


class Hooks(unittest.TestCase):
    def test_init_put_and_get_are_called(self):
        q = Unique()
        for item in (1, 1, 2):
            q.put(item)
        self.assertEqual((q.qsize(), q.unfinished_tasks, q.queue), (2, 3, {1, 2}))
        self.assertEqual({q.get(), q.get()}, {1, 2})
        self.assertRaises(conq.Empty, q.get_nowait)

    @for_each_class(COUNTED)
    def test_the_base_classes_hooks_can_be_called(self, kind):
        class Logged(kind):
            def _put(self, item):
                super()._put(item)
                self.puts = getattr(self, "puts", 0) + 1
        q, plain = Logged(2), kind(2)
        for each in (q, plain):
            each.put(2)
            each.put(1)
            self.assertTrue(each.full())
            self.assertRaises(conq.Full, each.put_nowait, 3)
        self.assertEqual(q.puts, 2)
        self.assertEqual([q.get(), q.get()], [plain.get(), plain.get()])

    def test_an_exception_of_a_hook_counts_nothing(self):
        class Failing(conq.Queue):
            fails = True

            def _put(self, item):
                if self.fails:
                    raise KeyError
                super()._put(item)

            def _get(self):
                if self.fails:
                    raise KeyError
                return super()._get()
        q = Failing()
        self.assertRaises(KeyError, q.put, 1)
        self.assertEqual((q.qsize(), q.unfinished_tasks), (0, 0))
        q.fails = False
        q.put_many([1, 2])
        q.fails = True
        self.assertRaises(KeyError, q.get)
        q.fails = False
        self.assertEqual((q.get_many(5), q.unfinished_tasks), ([1, 2], 2))

    def test_a_hook_may_call_the_queue(self):
        class Echo(conq.Queue):
            def _put(self, item):
                super()._put(item)
                if item < 3:
                    self.put(item + 1)
        q = Echo()
        q.put(1)
        self.assertEqual((q.get_many(9), q.unfinished_tasks), ([1, 2, 3], 3))

    def test_one_thread_at_a_time_is_in_a_hook(self):
        class Watched(conq.Queue):
            inside = most = 0

            def _put(self, item):
                Watched.inside += 1
                Watched.most = max(Watched.most, Watched.inside)
                super()._put(sum(range(100)) * 0 + item)
                Watched.inside -= 1
        q = Watched(10)
        putters = [Call(lambda: [q.put(i) for i in range(1000)]) for _ in range(4)]
        getters = [Call(lambda: [q.get() for _ in range(1000)]) for _ in range(4)]
        got = sum((each.result() for each in getters), [])
        for each in putters:
            each.result()
        self.assertEqual(sorted(got), sorted(4 * list(range(1000))))
        self.assertEqual(Watched.most, 1)

    def test_shutdown_and_clear_drop_by_get(self):
        q = Unique()
        q.put_many([1, 2, 3])
        self.assertEqual(q.clear(), 3)
        q.put(4)
        q.shutdown(immediate=True)
        self.assertEqual((q.queue, q.unfinished_tasks), (set(), 0))
        self.assertRaises(conq.ShutDown, q.get)


class Subclasses(unittest.TestCase):
    @for_each_class(COUNTED)
    def test_one_without_hooks_has_attributes_and_its_own_constructor(self, kind):
        class Named(kind):
            def __init__(self, name):
                super().__init__(3)
                self.name = name
        q = Named("x")
        self.assertEqual((q.name, q.maxsize), ("x", 3))
        q.put(1)
        self.assertFalse(hasattr(q, "queue"))  # its items are in C++
        self.assertEqual(q.get(), 1)

    @for_each_class(COUNTED)
    def test_one_that_forgets_the_constructor_has_no_bound(self, kind):
        class Forgetful(kind):
            def __init__(self):  # pylint: disable=super-init-not-called
                pass
        q = Forgetful()
        q.put(1)
        self.assertEqual((q.maxsize, q.get()), (0, 1))


if __name__ == "__main__":
    unittest.main()
