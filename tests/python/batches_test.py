# SPDX-License-Identifier: BSL-1.0
"""put_many and get_many."""
import unittest

import conq
from queue_test import ALL, COUNTED, for_each_class
from threads import Call


class Batches(unittest.TestCase):
    @for_each_class(ALL)
    def test_what_is_put_comes_out(self, kind):
        q = kind()
        for source in ([1, 2, 3], (4, 5), range(6, 200), iter([200]), []):
            q.put_many(source)
        got = []
        while not q.empty():
            got += q.get_many(50)
        self.assertEqual(sorted(got), [*range(1, 201)][:5] + list(range(6, 201)))
        self.assertRaises(conq.Empty, q.get_many, 1, False)
        self.assertRaises(conq.Empty, q.get_many, 1, timeout=0.01)

    @for_each_class(COUNTED)
    def test_the_exception_says_how_many_were_put(self, kind):
        q = kind(3)
        for within in ({"block": False}, {"timeout": 0.01}):
            with self.assertRaises(conq.Full) as caught:
                q.put_many(range(10), **within)
            self.assertEqual(caught.exception.count, 3)
            self.assertEqual(len(q.get_many(100)), 3)
        q.task_done(6)
        q.join()
        q.shutdown()
        with self.assertRaises(conq.ShutDown) as caught:
            q.put_many([1])
        self.assertEqual(caught.exception.count, 0)
        self.assertRaises(conq.ShutDown, q.get_many, 1)

    @for_each_class(COUNTED)
    def test_a_batch_that_is_larger_than_the_queue_waits_for_room(self, kind):
        q = kind(4)
        putting = Call(q.put_many, range(1000))
        got = []
        while len(got) != 1000:
            got += q.get_many(7)
        putting.result()
        self.assertEqual(sorted(got), list(range(1000)))
        if kind is conq.Queue:
            self.assertEqual(got, list(range(1000)))

    @for_each_class(ALL)
    def test_bad_arguments_are_named(self, kind):
        q = kind()
        self.assertRaisesRegex(TypeError, "'items' must be an iterable", q.put_many, 1)
        self.assertRaisesRegex(TypeError, "'max' must be a number", q.get_many, "1")
        self.assertRaisesRegex(ValueError, "'max' must be at least 1", q.get_many, 0)
        self.assertRaisesRegex(ValueError, "'timeout'", q.put_many, [1], timeout=-1)
        self.assertEqual(q.qsize(), 0)

    @for_each_class(ALL)
    def test_max_may_be_any_number(self, kind):
        q = kind()
        q.put_many(range(3))
        self.assertEqual(len(q.get_many(2**80)), 3)

    def test_an_item_that_cannot_be_compared_ends_the_batch(self):
        q = conq.PriorityQueue()
        with self.assertRaises(TypeError) as caught:
            q.put_many([3, 1, "x", 2])
        self.assertEqual(caught.exception.count, 2)
        self.assertEqual(q.get_many(9), [1, 3])
        self.assertEqual(q.unfinished_tasks, 2)


if __name__ == "__main__":
    unittest.main()
