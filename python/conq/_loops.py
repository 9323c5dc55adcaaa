# SPDX-License-Identifier: BSL-1.0
"""Provide `async for` over the queues."""


class Items:
    """Iterate by `async for` over the items until the queue is shut down and drained.

    Call task_done for each item, as a `for` over the queue does.
    """

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
