# SPDX-License-Identifier: BSL-1.0
"""What the classes of Python's queue do, and what these do beyond it."""
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

import conq
from threads import Call

COUNTED = [conq.Queue, conq.LifoQueue, conq.PriorityQueue]
ALL = COUNTED + [conq.SimpleQueue]


def for_each_class(classes):
    """Runs the test once for each class."""
    def decorate(test):
        def run(self):
            for each in classes:
                with self.subTest(each.__name__):
                    test(self, each)
        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run
    return decorate


class Names(unittest.TestCase):
    def test_exceptions_are_the_standard_librarys(self):
        self.assertIs(conq.Empty, queue.Empty)
        self.assertIs(conq.Full, queue.Full)
        if sys.version_info >= (3, 13):
            self.assertIs(conq.ShutDown, queue.ShutDown)
        self.assertEqual(conq.ShutDown.__name__, "ShutDown")

    def test_a_build_without_job_queues_says_so_and_has_the_rest(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(pathlib.Path(conq.__file__).parent, folder + "/conq",
                            ignore=shutil.ignore_patterns("_jobs*", "__pycache__"))
            program = """
from conq import *
Queue().put(1)
import conq
for call in (lambda: conq.JobQueue, lambda: __import__("conq.jobs")):
    try: call()
    except ImportError as error: print("SQLite" in str(error), error.name)
"""
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                                  env={**os.environ, "PYTHONPATH": folder}, check=False)
        self.assertEqual((done.stdout, done.stderr), (2 * "True conq._jobs\n", ""))

    @for_each_class(ALL)
    def test_a_class_can_be_subscripted(self, kind):
        self.assertEqual(kind[int].__args__, (int,))

    def test_a_lease_can_be_subscripted_as_the_stub_says(self):
        self.assertEqual(conq.Lease[int].__args__, (int,))

    @for_each_class(COUNTED)
    def test_what_is_missing_says_what_to_use(self, kind):
        for name in ("mutex", "queue", "not_empty", "not_full", "all_tasks_done"):
            self.assertFalse(hasattr(kind(), name))
            with self.assertRaisesRegex(AttributeError, f"{kind.__name__} has no '{name}': "):
                getattr(kind(), name)


class Arguments(unittest.TestCase):
    @for_each_class(ALL)
    def test_a_negative_timeout_is_a_value_error_though_an_item_is_in(self, kind):
        q = kind()
        q.put(1)
        for timeout in (-1, -0.001, float("nan")):
            with self.assertRaisesRegex(ValueError, "'timeout'"):
                q.get(timeout=timeout)
        self.assertEqual(q.get(), 1)

    @for_each_class(COUNTED)
    def test_bad_types_are_named(self, kind):
        q = kind()
        for call in (lambda: q.put(1, timeout="1"), lambda: q.get(True, []),
                     lambda: q.join("1")):
            with self.assertRaisesRegex(TypeError, "'timeout' must be .*, not <class"):
                call()
        with self.assertRaisesRegex(TypeError, "'maxsize' must be a number"):
            kind("1")
        with self.assertRaisesRegex(TypeError, "'n' must be a number"):
            q.task_done("1")
        with self.assertRaisesRegex(TypeError, r"put\(\) missing required argument 'item'"):
            q.put()
        with self.assertRaisesRegex(TypeError, "unexpected keyword argument 'wait'"):
            q.put(1, wait=True)
        with self.assertRaisesRegex(TypeError, "multiple values for argument 'item'"):
            q.put(1, item=1)
        with self.assertRaisesRegex(TypeError, "at most 3 arguments"):
            q.put(1, True, None, 4)
        self.assertEqual((q.qsize(), q.unfinished_tasks), (0, 0))

    @for_each_class(COUNTED)
    def test_every_number_is_a_maxsize(self, kind):
        for given, fits in ((0, None), (-3, None), (2, 2), (1.3, 2), (2**70, None), (-2**70, None),
                            (True, 1), (sys.maxsize, None)):
            q = kind(given)
            self.assertEqual(q.maxsize, given)
            for item in range(fits or 5):
                self.assertFalse(q.full())
                q.put_nowait(item)
            self.assertEqual(q.full(), fits is not None)

    @for_each_class(COUNTED)
    def test_a_timeout_may_be_without_end(self, kind):
        q = kind()
        q.put(1, True, float("inf"))
        self.assertEqual(q.get(timeout=1e300), 1)


class Outcomes(unittest.TestCase):
    @for_each_class(COUNTED)
    def test_full_empty_and_time_outs(self, kind):
        q = kind(1)
        for call in (q.get_nowait, lambda: q.get(False), lambda: q.get(timeout=0),
                     lambda: q.get(True, 0.01)):
            self.assertRaises(queue.Empty, call)
        q.put(1)
        for call in (lambda: q.put_nowait(2), lambda: q.put(2, False),
                     lambda: q.put(2, timeout=0), lambda: q.put(2, True, 0.01)):
            self.assertRaises(queue.Full, call)

    @for_each_class(COUNTED)
    def test_task_done_once_too_often_changes_nothing(self, kind):
        q = kind()
        q.put(1)
        q.put(2)
        with self.assertRaises(ValueError):
            q.task_done(3)
        with self.assertRaises(ValueError):
            q.task_done(-1)
        self.assertEqual(q.unfinished_tasks, 2)
        q.task_done(2)
        self.assertRaises(ValueError, q.task_done)
        q.join()

    @for_each_class(COUNTED)
    def test_join_says_when_its_time_is_over(self, kind):
        q = kind()
        q.put(1)
        with self.assertRaisesRegex(TimeoutError, "1 item"):
            q.join(timeout=0.01)
        q.task_done()
        self.assertIsNone(q.join(timeout=0))

    @for_each_class(COUNTED)
    def test_shutdown_drains_and_an_immediate_one_drops(self, kind):
        q = kind()
        for item in range(3):
            q.put(item)
        q.get()
        q.shutdown()
        self.assertTrue(q.is_shutdown)
        self.assertRaises(conq.ShutDown, q.put, 1)
        q.get()
        q.shutdown(immediate=True)
        self.assertRaises(conq.ShutDown, q.get)
        self.assertEqual(q.unfinished_tasks, 2)

    @for_each_class(COUNTED)
    def test_clear_counts_as_done(self, kind):
        q = kind()
        for item in range(5):
            q.put(item)
        q.get()
        self.assertEqual(q.clear(), 4)
        self.assertEqual((q.qsize(), q.unfinished_tasks), (0, 1))
        q.task_done()
        q.join()

    def test_orders(self):
        for kind, order in ((conq.Queue, [3, 1, 2]), (conq.LifoQueue, [2, 1, 3]),
                            (conq.PriorityQueue, [1, 2, 3]), (conq.SimpleQueue, [3, 1, 2])):
            q = kind()
            for item in (3, 1, 2):
                q.put(item)
            self.assertEqual([q.get() for _ in range(3)], order)


class Leases(unittest.TestCase):
    @for_each_class(COUNTED)
    def test_with_take_is_a_task_done_and_an_exception_too(self, kind):
        q = kind()
        q.put(1)
        q.put(2)
        with q.take() as item:
            self.assertEqual(q.unfinished_tasks, 2)
            self.assertIn(item, (1, 2))
        self.assertEqual(q.unfinished_tasks, 1)
        with self.assertRaises(KeyError), q.take(timeout=1):
            raise KeyError
        q.join()
        self.assertRaises(queue.Empty, q.take, False)

    @for_each_class(COUNTED)
    def test_a_lease_that_is_dropped_is_done_once(self, kind):
        q = kind()
        q.put(1)
        q.put(2)
        lease = q.take()
        lease.done()
        lease.done()
        del lease
        self.assertEqual(q.unfinished_tasks, 1)
        q.take()
        self.assertEqual(q.unfinished_tasks, 0)

    @for_each_class(COUNTED)
    def test_a_loop_does_task_done_and_ends_at_shutdown(self, kind):
        q = kind()
        for item in range(10):
            q.put(item)
        q.shutdown()
        self.assertEqual(sorted(q), list(range(10)))
        q.join()

    @for_each_class(COUNTED)
    def test_a_loop_does_task_done_for_what_ended_it(self, kind):
        q = kind()
        for item in range(3):
            q.put(item)
        for item in q:
            self.assertEqual(q.unfinished_tasks, 3)
            break
        self.assertEqual(q.unfinished_tasks, 2)
        with self.assertRaises(KeyError):
            for item in q:
                raise KeyError(item)
        self.assertEqual(q.unfinished_tasks, 1)


class Threads(unittest.TestCase):
    @for_each_class(COUNTED)
    def test_each_item_comes_out_once_and_join_waits_for_all(self, kind):
        for maxsize in (0, 1, 7, 100):
            q = kind(maxsize)
            got, lock = [], threading.Lock()

            def consume(q=q, got=got, lock=lock):
                for item in q:
                    with lock:
                        got.append(item)

            def produce(first, q=q):
                for item in range(first, first + 2000):
                    q.put(item)

            consumers = [Call(consume) for _ in range(4)]
            producers = [Call(produce, 2000 * i) for i in range(4)]
            for each in producers:
                each.result()
            q.join()
            self.assertEqual(sorted(got), list(range(8000)))
            q.shutdown()
            for each in consumers:
                each.result()


if __name__ == "__main__":
    unittest.main()
