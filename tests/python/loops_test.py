# SPDX-License-Identifier: BSL-1.0
"""One queue for event loops and threads: nothing is lost, whoever is cancelled, and all end."""
import asyncio
import random
import subprocess
import sys
import threading
import unittest
import unittest.mock
import warnings

import conq
import conq.asyncio
from queue_test import COUNTED, for_each_class
from threads import PATIENCE_S, Call

LOOPED = [conq.asyncio.Queue, conq.asyncio.LifoQueue, conq.asyncio.PriorityQueue]


def run(coroutine):
    """In a loop of its own, and not for ever."""
    return asyncio.run(asyncio.wait_for(coroutine, PATIENCE_S))


async def settled(times=5):
    """Lets what can run in this loop run until it waits."""
    for _ in range(times):
        await asyncio.sleep(0)


class OneLoop(unittest.TestCase):
    @for_each_class(COUNTED)
    def test_put_get_and_join(self, kind):
        async def main():
            q, got = kind(2), []

            async def consume():
                async for item in q:
                    got.append(item)
            consumer = asyncio.ensure_future(consume())
            for item in range(100):
                await q.aput(item)
            await q.ajoin()
            self.assertEqual((sorted(got), q.unfinished_tasks), (list(range(100)), 0))
            q.shutdown()
            await consumer
            with self.assertRaises(conq.ShutDown):
                await q.aput(1)
            with self.assertRaises(conq.ShutDown):
                await q.aget()
        run(main())

    @for_each_class(COUNTED)
    def test_a_loop_that_ends_early_has_done_its_item(self, kind):
        async def main():
            q = kind()
            q.put_many(range(3))
            async for _ in q:
                break
            self.assertEqual(q.unfinished_tasks, 2)
            with self.assertRaises(KeyError):
                async for _ in q:
                    raise KeyError
            self.assertEqual(q.unfinished_tasks, 1)
        run(main())

    @for_each_class(COUNTED)
    def test_shutdown_wakes_everybody(self, kind):
        async def main():
            q, full = kind(), kind(1)
            full.put(1)
            waiting = [asyncio.ensure_future(q.aget()) for _ in range(3)]
            waiting += [asyncio.ensure_future(full.aput(1)) for _ in range(3)]
            await settled()
            q.shutdown()
            full.shutdown()
            answers = await asyncio.gather(*waiting, return_exceptions=True)
            self.assertEqual([type(each) for each in answers], 6 * [conq.ShutDown])
        run(main())

    @for_each_class(COUNTED)
    def test_one_that_is_woken_and_cancelled_passes_the_wake_on(self, kind):
        async def main():
            q = kind()
            first, second = (asyncio.ensure_future(q.aget()) for _ in range(2))
            await settled()
            q.put(1)        # wakes the first one
            first.cancel()  # before it has looked
            self.assertEqual(await second, 1)
            self.assertTrue(first.cancelled())
            full = kind(1)
            full.put(1)
            first, second = (asyncio.ensure_future(full.aput(i)) for i in (2, 3))
            await settled()
            full.get()
            first.cancel()
            await second
            self.assertEqual((full.get(), full.unfinished_tasks), (3, 2))
        run(main())

    def test_a_call_that_never_began_does_nothing(self):
        async def main():
            q = conq.Queue()
            call = q.aput(1)
            call.close()
            task = asyncio.ensure_future(q.aput(2))
            task.cancel()
            await settled()
            self.assertEqual((q.qsize(), task.cancelled()), (0, True))
            call = q.aput(3)
            self.assertIsNone(await call)
            with self.assertRaisesRegex(RuntimeError, "already awaited"):
                await call
            q.put((4, 5))
            q.put(StopIteration(6))
            self.assertEqual((await q.aget(), await q.aget()), (3, (4, 5)))
            self.assertIsInstance(await q.aget(), StopIteration)
        run(main())

    def test_a_call_that_nobody_awaits_is_said(self):
        q, loop_q = conq.Queue(), conq.asyncio.Queue()
        for forgotten, word in ((lambda: q.aput(1), "put"), (lambda: loop_q.put(1), "put"),
                                (loop_q.get, "get"), (q.ajoin, "join")):
            with self.assertWarnsRegex(RuntimeWarning, f"{word} of .*Queue.* was never awaited"):
                forgotten()

        async def main():
            await q.aput(1)
            task = asyncio.ensure_future(q.aput(2))
            task.cancel()  # before it begins
            await settled()
            q.aget().close()
            with self.assertRaises(KeyError):
                q.aget().throw(KeyError)
            waiting = q.aget()
            self.assertRaises(StopIteration, waiting.send, None)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            run(main())
        self.assertEqual(said, [])
        self.assertEqual((q.qsize(), loop_q.qsize()), (0, 0))

    def test_items_that_are_tuples_or_exceptions_come_through_yield_from(self):
        q = conq.Queue()
        for item in ((1, 2), StopIteration(3), None):
            q.put(item)
            with self.assertRaises(StopIteration) as caught:
                q.aget().send(None)
            self.assertIs(caught.exception.value, item)

    def test_random_cancellations_lose_no_item_and_no_wake(self):
        seed = random.randrange(2**32)
        print("seed", seed)
        draw = random.Random(seed)

        async def main(kind, maxsize):
            q, got, put = kind(maxsize), [], []

            async def getter():
                while True:
                    got.append(await q.aget())
                    await settled(draw.randrange(2))

            async def putter():
                while True:
                    item = draw.random()
                    await q.aput(item)
                    put.append(item)
                    await settled(1)  # a put that finds room does not wait
            tasks = []
            for _ in range(600):
                tasks = [each for each in tasks if not each.done()]
                if len(tasks) < 12:
                    tasks.append(asyncio.ensure_future(draw.choice([getter, putter])()))
                elif draw.random() < 0.5:
                    draw.choice(tasks).cancel()
                await settled(draw.randrange(3))
            for each in tasks:
                each.cancel()
            await settled()
            while not q.empty():
                got.append(q.get_nowait())
            self.assertEqual(sorted(got), sorted(put))
            # Nobody is left, and the next ones are woken.
            last = asyncio.ensure_future(q.aget())
            await settled()
            await q.aput(1)
            self.assertEqual(await last, 1)
        for kind in COUNTED:
            for maxsize in (0, 1, 3):
                run(main(kind, maxsize))


class BeforeTheyListen(unittest.TestCase):
    """What a call does before it gives its loop a future: see python/loop_habit.hpp."""

    def test_a_call_that_must_wait_lets_others_run_until_that_is_in_vain(self):
        async def main():
            q = conq.Queue()

            def steps():
                call = q.aget()
                try:
                    first = call.send(None)
                    return [first] if first is not None else [first, call.send(None)]
                finally:
                    call.close()
            for _ in range(2):
                self.assertEqual(steps()[0], None)
            self.assertEqual([type(each) for each in steps()], [asyncio.Future])
            later = [steps()[0] for _ in range(16)]
            self.assertEqual(later.count(None), 1, "it is tried again now and then")
        run(main())

    @for_each_class(COUNTED)
    def test_what_others_did_meanwhile_ends_the_wait(self, kind):
        async def main():
            q = kind(1)
            for item in range(100):  # of use, so it stays the way
                call = q.aget()
                self.assertIsNone(call.send(None))
                q.put(item)
                with self.assertRaises(StopIteration) as caught:
                    call.send(None)
                self.assertEqual(caught.exception.value, item)
                q.put(item)
                call = q.aput(item)
                self.assertIsNone(call.send(None))
                q.get()
                with self.assertRaises(StopIteration):
                    call.send(None)
                q.get()
            self.assertEqual(q.qsize(), 0)
        run(main())

    @for_each_class(COUNTED)
    def test_one_that_is_cancelled_meanwhile_takes_nothing(self, kind):
        async def main():
            q = kind()
            task = asyncio.ensure_future(q.aget())
            await asyncio.sleep(0)
            q.put(1)
            task.cancel()
            await settled()
            self.assertEqual((task.cancelled(), q.qsize()), (True, 1))
        run(main())

    def test_other_tasks_run_though_a_thread_never_keeps_the_loop_waiting(self):
        async def main():
            there, back = conq.Queue(), conq.Queue()

            def echo():
                for item in there:
                    back.put(item)
            thread = Call(echo)
            turns = 0

            async def consume():
                while turns < 1000:
                    there.put(turns)
                    await back.aget()
            consumer = asyncio.ensure_future(consume())
            while turns < 1000:
                turns += 1
                await asyncio.sleep(0)
            await consumer
            there.shutdown()
            thread.result()
        run(main())


class LoopsAndThreads(unittest.TestCase):
    @for_each_class(COUNTED)
    def test_a_thread_wakes_a_loop_and_a_loop_wakes_a_thread(self, kind):
        there, back = kind(), kind(1)

        def echo():
            for item in there:
                back.put(item)

        async def main():
            for item in range(200):
                there.put(item)
                self.assertEqual(await back.aget(), item)
            there.shutdown()
        thread = Call(echo)
        run(main())
        thread.result()

    @for_each_class(COUNTED)
    def test_many_loops_and_threads_share_one_queue(self, kind):
        for maxsize in (0, 3):
            q, got, lock = kind(maxsize), [], threading.Lock()

            def note(item, got=got, lock=lock):
                with lock:
                    got.append(item)

            def thread_consumer(q=q, note=note):
                for item in q:
                    note(item)

            async def loop_consumers(q=q, note=note):
                async def one():
                    async for item in q:
                        note(item)
                await asyncio.gather(*(one() for _ in range(3)))

            async def loop_putters(base, q=q):
                async def one(first):
                    for item in range(first, first + 100):
                        await q.aput(item)
                await asyncio.gather(*(one(base + 100 * i) for i in range(3)))
            consumers = [Call(thread_consumer), Call(run, loop_consumers()),
                         Call(run, loop_consumers())]
            putters = [Call(run, loop_putters(0)), Call(run, loop_putters(300)),
                       Call(q.put_many, range(600, 1000))]
            for each in putters:
                each.result()
            run(self.joined(q))
            self.assertEqual(sorted(got), list(range(1000)))
            q.shutdown()
            for each in consumers:
                each.result()

    @staticmethod
    async def joined(q):
        await q.ajoin()

    def test_a_shutdown_at_any_moment_ends_all(self):
        seed = random.randrange(2**32)
        print("seed", seed)
        draw = random.Random(seed)

        def put(q, base):
            try:
                for item in range(base, base + 100):
                    q.put(item)
            except conq.ShutDown:
                pass

        async def consume(q, got):
            async def one():
                async for item in q:
                    got.append(item)
            await asyncio.gather(one(), one())
        for _ in range(60):
            q, got = draw.choice(COUNTED)(draw.choice([0, 1, 5])), []
            calls = [Call(run, consume(q, got)), Call(lambda q=q, got=got: got.extend(q))]
            calls += [Call(put, q, base) for base in (0, 100)]
            enough = draw.randrange(200)
            while q.unfinished_tasks + len(got) < enough:
                pass  # until some have been put
            q.shutdown(immediate=draw.random() < 0.5)
            for each in calls:
                each.result()
            self.assertEqual(len(got), len(set(got)))
            q.join()

    def test_a_join_in_a_loop_ends_by_a_threads_task_done(self):
        q = conq.Queue()
        q.put(1)

        async def main():
            joining = [asyncio.ensure_future(q.ajoin()) for _ in range(3)]
            await settled()
            joining[0].cancel()
            await settled()
            thread = Call(q.task_done)
            await asyncio.gather(*joining[1:])
            thread.result()
        run(main())

    def test_a_loop_that_is_closed_passes_its_wake_on(self):
        q = conq.Queue()
        loop = asyncio.new_event_loop()
        kept = loop.create_task(q.aget())
        loop.run_until_complete(settled())
        loop.close()
        kept._log_destroy_pending = False  # pylint: disable=protected-access
        getting = Call(q.get).wait_until_asleep()
        Call(q.put, 1).result()  # from another thread: it wakes the task of the loop first
        self.assertEqual(getting.result(), 1)
        self.assertFalse(kept.done())

    @for_each_class(COUNTED)
    def test_a_loop_that_this_thread_has_closed_passes_its_wake_on(self, kind):
        q, full = kind(), kind(1)
        full.put(0)
        loop = asyncio.new_event_loop()
        kept = [loop.create_task(call()) for call in (q.aget, q.aget, lambda: full.aput(1))]
        loop.run_until_complete(settled())
        loop.close()
        for each in kept:
            each._log_destroy_pending = False  # pylint: disable=protected-access
        getting, putting = Call(q.get).wait_until_asleep(), Call(full.put, 2).wait_until_asleep()
        with unittest.mock.patch("sys.unraisablehook") as unraisable:
            q.put(1)  # from the loop's own thread
            self.assertEqual(full.get(), 0)
            self.assertEqual(getting.result(), 1)
            putting.result()
        self.assertEqual((full.get(), unraisable.mock_calls), (2, []))

    @for_each_class(LOOPED)
    def test_asyncios_names(self, kind):
        async def main():
            q = kind(1)
            await q.put(1)
            self.assertRaises(asyncio.QueueFull, q.put_nowait, 2)
            self.assertEqual((await q.get(), q.full()), (1, False))
            self.assertRaises(asyncio.QueueEmpty, q.get_nowait)
            q.task_done()
            await q.join()
            q.shutdown()
            with self.assertRaises(conq.asyncio.QueueShutDown):
                await q.get()
            self.assertEqual([each async for each in q], [])
        run(main())
        self.assertEqual((kind.__module__, kind[int].__args__), ("conq.asyncio", (int,)))


class Imports(unittest.TestCase):
    def test_a_program_with_threads_alone_does_not_import_asyncio(self):
        program = "import conq, sys; conq.Queue().put(1); print('asyncio' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                              check=True)
        self.assertEqual(done.stdout, "False\n")


if __name__ == "__main__":
    unittest.main()
