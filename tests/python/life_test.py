# SPDX-License-Identifier: BSL-1.0
"""References, the garbage collector, weak references, and the end of the interpreter."""
import gc
import subprocess
import sys
import unittest
import weakref

import conq
from queue_test import ALL, COUNTED, for_each_class

OPERATIONS = 1_000_000


class Thing:
    """An item that can be referred to weakly, compared, and that calls `on_end` in its __del__."""

    def __init__(self, on_end=None):
        self.on_end = on_end

    def __lt__(self, other):
        return id(self) < id(other)

    def __del__(self):
        if self.on_end is not None:
            self.on_end()


def run(program):
    """The exit code and all that it said; an interpreter of its own."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


class References(unittest.TestCase):
    def counts(self, *things):
        gc.collect()
        total = getattr(sys, "gettotalrefcount", lambda: 0)()
        return [sys.getrefcount(each) for each in things], total

    @for_each_class(ALL)
    def test_counts_are_steady(self, kind):
        q, item = kind(), Thing()
        times = range(OPERATIONS // 7)  # operations a turn

        def work():
            for _ in times:
                q.put(item)
                q.get()
                q.put_many([item, item])
                q.get_many(2)
                try:
                    q.get_nowait()
                except conq.Empty:
                    pass
        work()
        things = (item, None, q, kind, conq.Empty)
        before, total = self.counts(*things)
        work()
        after, total_after = self.counts(*things)
        for was, now in zip(before, after):
            self.assertLess(abs(now - was), 50)
        self.assertLess(abs(total_after - total), 1000)

    @for_each_class(COUNTED)
    def test_a_put_in_vain_and_a_shutdown_keep_none(self, kind):
        q, item = kind(1), Thing()
        before = sys.getrefcount(item)
        q.put(item)
        for _ in range(100):
            self.assertRaises(conq.Full, q.put_nowait, item)
            self.assertRaises(conq.Full, q.put_many, [item], False)
        q.shutdown(immediate=True)
        self.assertRaises(conq.ShutDown, q.put, item)
        self.assertEqual(sys.getrefcount(item), before)

    @for_each_class(ALL)
    def test_a_queue_that_ends_drops_its_items(self, kind):
        q = kind()
        seen = [weakref.ref(each) for each in (Thing() for _ in range(3)) if not q.put(each)]
        self.assertTrue(all(each() is not None for each in seen))
        del q
        self.assertTrue(all(each() is None for each in seen))


class Collector(unittest.TestCase):
    @for_each_class(ALL)
    def test_a_cycle_through_a_queue_is_found(self, kind):
        q, thing = kind(), Thing()
        thing.q = q
        q.put(thing)
        gone = weakref.ref(q), weakref.ref(thing)
        del q, thing
        gc.collect()
        self.assertEqual([each() for each in gone], [None, None])

    @for_each_class(ALL)
    def test_all_items_of_a_deep_queue_are_visited(self, kind):
        q = kind()
        things = [Thing() for _ in range(3000)]
        for each in things:
            q.put(each)
        for _ in range(700):
            q.get()
        self.assertEqual(sum(isinstance(each, Thing) for each in gc.get_referents(q)), 2300)

    @for_each_class(ALL)
    def test_del_may_call_the_queue(self, kind):
        q = kind()
        q.put(Thing(lambda: q.put(Thing())))
        q.get()  # dropped at once
        self.assertEqual(q.qsize(), 1)
        if kind is not conq.SimpleQueue:
            q.put(Thing(lambda: q.qsize()))
            self.assertEqual(q.clear(), 2)
            q.put(Thing(lambda: q.put(1) if not q.is_shutdown else q.qsize()))
            q.shutdown(immediate=True)


class TheEnd(unittest.TestCase):
    def test_threads_may_wait_when_the_interpreter_ends(self):
        for call in ("q.get()", "full.put(1)", "full.join()", "full.put_many([1, 2])",
                     "q.get(timeout=1000)", "[None for _ in q]", "own.get()"):
            program = f"""
import conq, threading, time
class Own(conq.Queue):
    def _put(self, item): super()._put(item)
q, full, own = conq.Queue(), conq.Queue(1), Own()
full.put(1)
for _ in range(8):
    threading.Thread(target=lambda: {call}, daemon=True).start()
"""
            self.assertEqual(run(program), (0, ""), call)

    def test_threads_may_work_when_the_interpreter_ends(self):
        program = """
import conq, threading
q = conq.Queue(10)
def loop(call):
    while True: call()
for _ in range(4):
    threading.Thread(target=loop, args=(lambda: q.put(1),), daemon=True).start()
    threading.Thread(target=loop, args=(q.get,), daemon=True).start()
"""
        for _ in range(5):
            self.assertEqual(run(program), (0, ""))

    def test_a_queue_can_be_used_while_modules_are_torn_down(self):
        program = """
import conq, os, sys
class Late:
    def __init__(self):
        self.q, self.write, self.empty = conq.Queue(), os.write, conq.Empty
    def __del__(self):
        self.q.put(1)
        assert self.q.get() == 1
        try: self.q.get_nowait()
        except self.empty: self.write(1, b"used ")
late, sys.late = Late(), Late()
"""
        self.assertIn(run(program), [(0, "used "), (0, "used used ")])

    def test_a_subinterpreter_can_import_it_or_is_refused(self):
        program = """
try: import _interpreters as subs
except ImportError: import _xxsubinterpreters as subs
code = '''
try:
    import conq
    q = conq.Queue(); q.put(1); assert q.get() == 1
except ImportError as error:
    assert "does not support loading in subinterpreters" in str(error), error
'''
each = subs.create()
failure = subs.run_string(each, code)
assert failure is None, failure
subs.destroy(each)
import conq
conq.Queue().put(1)
"""
        self.assertEqual(run(program), (0, ""))


if __name__ == "__main__":
    unittest.main()
