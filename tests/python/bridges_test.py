# SPDX-License-Identifier: BSL-1.0
"""What janus and culsans document, done with our queue: programs that move need not change what
they rely on."""
import asyncio
import unittest

import conq
from loops_test import run, settled
from queue_test import COUNTED, for_each_class
from threads import Call


class Documented(unittest.TestCase):
    def test_januss_first_example(self):
        async def main():
            q = conq.Queue()

            def threaded():
                for item in range(100):
                    q.put(item)
                q.join()
            thread = Call(threaded)
            for item in range(100):
                self.assertEqual(await q.aget(), item)
                q.task_done()
            await asyncio.to_thread(thread.result)
        run(main())

    @for_each_class(COUNTED)
    def test_a_full_queue_holds_up_either_side(self, kind):
        async def main():
            q = kind(1)
            q.put(1)
            thread = Call(q.put, 2).wait_until_asleep()
            self.assertEqual(await q.aget(), 1)
            await asyncio.to_thread(thread.result)
            put = asyncio.ensure_future(q.aput(3))
            await settled()
            self.assertFalse(put.done())
            self.assertEqual(await asyncio.to_thread(q.get), 2)
            await put
            self.assertTrue(q.full())
        run(main())

    @for_each_class(COUNTED)
    def test_either_sides_join_waits_for_the_others_task_done(self, kind):
        async def main():
            q = kind()
            await q.aput(1)
            thread = Call(q.join).wait_until_asleep()
            joined = asyncio.ensure_future(q.ajoin())
            await settled()
            q.get()
            self.assertFalse(joined.done())
            await asyncio.to_thread(q.task_done)
            await joined
            await asyncio.to_thread(thread.result)
        run(main())

    @for_each_class(COUNTED)
    def test_a_shutdown_on_either_side_ends_both(self, kind):
        async def main():
            q = kind()
            thread = Call(q.get).wait_until_asleep()
            got = asyncio.ensure_future(q.aget())
            await settled()
            await asyncio.to_thread(q.shutdown)
            with self.assertRaises(conq.ShutDown):
                await got
            with self.assertRaises(conq.ShutDown):
                await asyncio.to_thread(thread.result)
            self.assertTrue(q.is_shutdown)
            dropped = kind()
            await dropped.aput(1)
            dropped.shutdown(immediate=True)
            await dropped.ajoin()
        run(main())

    @for_each_class(COUNTED)
    def test_culsanss_clear_makes_room_and_counts_as_done(self, kind):
        async def main():
            q = kind(2)
            q.put_many([1, 2])
            put = asyncio.ensure_future(q.aput(3))
            await settled()
            self.assertEqual(q.clear(), 2)
            await put
            self.assertEqual((q.qsize(), q.unfinished_tasks), (1, 1))
        run(main())

    @for_each_class(COUNTED)
    def test_culsanss_several_loops_share_a_queue(self, kind):
        q = kind()

        async def take():
            got = [item async for item in q]
            return len(got)
        loops = [Call(run, take()) for _ in range(3)]
        for item in range(300):
            q.put(item)
        q.join()
        q.shutdown()
        self.assertEqual(sum(each.result() for each in loops), 300)

    @for_each_class(COUNTED)
    def test_culsanss_maxsize_may_grow_while_somebody_waits(self, kind):
        async def main():
            q = kind(1)
            q.put(1)
            put = asyncio.ensure_future(q.aput(2))
            await settled()
            q.maxsize = 2
            await put
        run(main())
