# SPDX-License-Identifier: BSL-1.0
"""Calls that wait: what wakes them, and that a signal does."""
import os
import signal
import threading
import unittest

import conq
from queue_test import COUNTED, for_each_class
from threads import Call


class Waking(unittest.TestCase):
    @for_each_class(COUNTED + [conq.SimpleQueue])
    def test_a_put_wakes_a_get(self, kind):
        q = kind()
        getting = Call(q.get).wait_until_asleep()
        q.put(1)
        self.assertEqual(getting.result(), 1)

    @for_each_class(COUNTED)
    def test_a_get_wakes_a_put(self, kind):
        q = kind(1)
        q.put(1)
        putting = Call(q.put, 1).wait_until_asleep()
        self.assertEqual(q.get(), 1)
        putting.result()
        self.assertEqual(q.unfinished_tasks, 2)

    @for_each_class(COUNTED)
    def test_a_batch_wakes_as_many_as_it_has_items_for(self, kind):
        q = kind()
        getting = [Call(q.get).wait_until_asleep() for _ in range(4)]
        q.put_many(range(4))
        self.assertEqual(sorted(each.result() for each in getting), list(range(4)))

    @for_each_class(COUNTED)
    def test_a_larger_maxsize_wakes_all_puts_that_fit(self, kind):
        q = kind(1)
        q.put(0)
        putting = [Call(q.put, i).wait_until_asleep() for i in range(3)]
        q.maxsize = 4
        for each in putting:
            each.result()
        self.assertTrue(q.full())

    @for_each_class(COUNTED)
    def test_shutdown_wakes_all(self, kind):
        q, full = kind(), kind(1)
        full.put(1)
        waiting = [Call(q.get).wait_until_asleep() for _ in range(3)]
        waiting += [Call(full.put, 1).wait_until_asleep() for _ in range(3)]
        q.shutdown()
        full.shutdown()
        for each in waiting:
            self.assertRaises(conq.ShutDown, each.result)

    @for_each_class(COUNTED)
    def test_the_last_task_done_ends_every_join(self, kind):
        q = kind()
        q.put(1)
        joining = [Call(q.join).wait_until_asleep() for _ in range(3)]
        q.get()
        q.task_done()
        for each in joining:
            each.result()


class Interrupted(Exception):
    pass


class Signals(unittest.TestCase):
    """The main thread waits, and another one sends the signal once it sleeps."""

    def setUp(self):
        self.handled = 0
        self.before = signal.signal(signal.SIGUSR1, self.handle)
        self.raises = True

    def tearDown(self):
        signal.signal(signal.SIGUSR1, self.before)

    def handle(self, *_):
        self.handled += 1
        if self.raises:
            raise Interrupted

    def send_when_asleep(self, then=lambda: None):
        class Main(Call):  # looks at the main thread in place of itself
            native_id = threading.main_thread().native_id

        def send():
            Main.wait_until_asleep(watched)
            os.kill(os.getpid(), signal.SIGUSR1)
            then()
        watched = Main.__new__(Main)
        watched.is_alive = lambda: True
        return Call(send)

    @for_each_class(COUNTED)
    def test_a_signal_ends_every_call_that_waits(self, kind):
        q, full = kind(), kind(1)
        full.put(1)

        class Own(kind):
            def _get(self):
                return super()._get()
        own = Own()
        for call in (q.get, lambda: q.get(timeout=1000), lambda: full.put(2), full.join,
                     lambda: full.put_many([1, 2]), lambda: q.get_many(2), lambda: list(q),
                     own.get):
            sending = self.send_when_asleep()
            self.assertRaises(Interrupted, call)
            sending.result()
        self.assertEqual((q.qsize(), full.qsize(), full.unfinished_tasks), (0, 1, 1))
        q.put(1)  # and nothing is left behind of the calls
        self.assertEqual(q.get(), 1)

    @for_each_class(COUNTED)
    def test_a_handler_that_returns_lets_the_call_go_on(self, kind):
        self.raises = False
        q = kind()
        before = self.handled
        sending = self.send_when_asleep(lambda: self.wait_for_handler(before, q))
        self.assertEqual(q.get(), 1)
        sending.result()

    def wait_for_handler(self, before, q):
        while self.handled == before:
            pass
        q.put(1)

    def test_a_signal_that_came_before_is_seen(self):
        q = conq.Queue()

        def put_off():
            os.kill(os.getpid(), signal.SIGUSR1)
            q.get()
        self.assertRaises(Interrupted, put_off)


if __name__ == "__main__":
    unittest.main()
