# SPDX-License-Identifier: BSL-1.0
"""Waiting in an event loop: what aget, aput and ajoin do once they have to wait.

A wake is permission to look, never an item. Who is woken looks; who is woken and cancelled passes
the wake on by leave(). So neither an item nor a wake is lost, whichever loop or thread it is for.
"""
import asyncio
from threading import get_ident

GETTERS, PUTTERS, JOINERS = range(3)


class _Sleep:
    """One call that waits: a waiter of the queue's core, and the future that it ends."""

    __slots__ = ("_loop", "_thread", "_future", "_waiter")

    def __init__(self, queue, side):
        self._loop, self._thread = asyncio.get_running_loop(), get_ident()
        self._future = None
        self._waiter = queue._waiter(side, self._wake)

    def enlist(self):
        """Begins to listen. False, for a join: there is nothing to wait for."""
        self._future = self._loop.create_future()
        return self._waiter.enlist()

    async def until_woken(self):
        await self._future

    def leave(self):
        self._waiter.leave()

    def _wake(self):
        """On the thread of whoever wakes, in the middle of its call."""
        if get_ident() == self._thread:
            self._end()
            return
        try:
            self._loop.call_soon_threadsafe(self._end)
        except RuntimeError:  # the loop is closed: nobody will look
            self._waiter.leave()

    def _end(self):
        if not self._future.done():  # a call that was cancelled leaves, and passes the wake on
            self._future.set_result(None)


async def _wait(queue, side, attempt, blocked):
    """What attempt() answers once it no longer raises `blocked`."""
    sleep = _Sleep(queue, side)
    try:
        while True:
            sleep.enlist()
            try:
                return attempt()
            except blocked:
                pass
            await sleep.until_woken()
            try:
                return attempt()
            except blocked:
                pass
    finally:
        sleep.leave()


async def _wait_for_join(queue):
    sleep = _Sleep(queue, JOINERS)
    try:
        if sleep.enlist():
            await sleep.until_woken()
    finally:
        sleep.leave()


def methods_of(empty, full):
    """The methods that the core's awaitables go on as, of queues that raise these."""
    async def _aget(self):
        return await _wait(self, GETTERS, self.get_nowait, empty)

    async def _aput(self, item):
        return await _wait(self, PUTTERS, lambda: self.put_nowait(item), full)

    async def _ajoin(self):
        await _wait_for_join(self)

    return [_aget, _aput, _ajoin]


class Items:
    """`async for`: items until the queue is shut down and drained, each with its task_done, as in
    a `for` over the queue."""

    __slots__ = ("_queue", "_get", "_is_busy", "_shut_down")

    def __init__(self, queue, get, shut_down):
        self._queue, self._get, self._shut_down = queue, get, shut_down
        self._is_busy = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        self._end_task()
        try:
            item = await self._get()
        except self._shut_down:
            raise StopAsyncIteration from None
        self._is_busy = True
        return item

    def _end_task(self):
        if self._is_busy:
            self._is_busy = False
            self._queue.task_done()

    __del__ = _end_task
