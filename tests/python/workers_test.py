# SPDX-License-Identifier: BSL-1.0
"""Workers: each item once, failures are not lost, and an end."""
import contextlib
import io
import threading
import unittest

import conq


class WorkersOfAQueue(unittest.TestCase):
    def test_each_item_is_processed_once_and_the_block_ends(self):
        got = conq.SimpleQueue()
        q = conq.Queue(10)
        with conq.Workers(q, 4, got.put) as pool:
            for item in range(1000):
                q.put(item)
        self.assertEqual(sorted(got.get_many(2000)), list(range(1000)))
        self.assertEqual((pool.failures, q.is_shutdown), (0, True))

    def test_join_raises_the_first_failure_and_counts_all(self):
        q = conq.Queue()
        pool = conq.Workers(q, 2, lambda item: 1 // item)
        q.put_many([1, 0, 2, 0])
        self.assertRaises(ZeroDivisionError, pool.join)
        pool.join()
        self.assertEqual((pool.failures, q.unfinished_tasks), (2, 0))
        pool.stop()

    def test_a_handler_is_told_in_place_of_join(self):
        q, told = conq.Queue(), []
        with conq.Workers(q, 2, lambda item: 1 // item, on_error=told.append):
            q.put(0)
        self.assertEqual([type(each) for each in told], [ZeroDivisionError])

    def test_failures_that_nobody_asks_for_are_said(self):
        q, said = conq.Queue(), io.StringIO()
        pool = conq.Workers(q, 1, lambda item: 1 // item)
        q.put(0)
        with contextlib.redirect_stderr(said):
            pool.stop()
        self.assertIn("1 item(s) failed and nobody asked (first: ZeroDivisionError",
                      said.getvalue())

    def test_an_exception_in_the_block_drops_what_is_in(self):
        q, go_on, done = conq.Queue(), threading.Event(), []

        def work(item):
            go_on.wait()
            done.append(item)
        with self.assertRaises(KeyError), conq.Workers(q, 1, work):
            q.put_many(range(100))
            timer = threading.Timer(0, lambda: (q.shutdown(True), go_on.set()))
            timer.start()
            raise KeyError
        timer.join()  # the next test counts threads
        self.assertLess(len(done), 3)
        q.join()

    def test_a_queue_that_is_none_is_refused_before_a_thread_starts(self):
        import queue
        import conq.asyncio
        before = threading.active_count()
        for bad in (queue.Queue(), conq.SimpleQueue(), conq.asyncio.Queue(), [1], None):
            with self.assertRaisesRegex(TypeError, "'queue' must be"):
                conq.Workers(bad, 1, print)
        self.assertEqual(threading.active_count(), before)

    def test_its_type_can_be_subscripted_as_the_stub_says(self):
        self.assertEqual(conq.Workers[int].__args__, (int,))

    def test_bad_arguments_are_named(self):
        self.assertRaisesRegex(ValueError, "'n' must be at least 1, not 0", conq.Workers,
                               conq.Queue(), 0, print)
        self.assertRaisesRegex(TypeError, "'function' must be callable", conq.Workers,
                               conq.Queue(), 1, None)


if __name__ == "__main__":
    unittest.main()
