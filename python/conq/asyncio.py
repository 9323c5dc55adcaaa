# SPDX-License-Identifier: BSL-1.0
"""Provide asyncio's queues on conq's core: `from conq.asyncio import Queue`.

get, put and join are awaited, as in asyncio. Unlike in asyncio, any number of loops and threads
may use one queue, and `async for` calls task_done for each item and ends at shutdown.
"""
import asyncio
import types

from . import _conq, _loops
from ._hooks import add_hooks

QueueEmpty, QueueFull = asyncio.QueueEmpty, asyncio.QueueFull
try:
    QueueShutDown = asyncio.QueueShutDown
except AttributeError:  # before Python 3.13
    class QueueShutDown(Exception):
        """Raised when putting on to or getting from a shut-down Queue."""

_conq._set_loop_exceptions(QueueEmpty, QueueFull, QueueShutDown)

Queue = _conq.LoopQueue
LifoQueue = _conq.LoopLifoQueue
PriorityQueue = _conq.LoopPriorityQueue

__all__ = ["LifoQueue", "PriorityQueue", "Queue", "QueueEmpty", "QueueFull", "QueueShutDown"]


def _iterate(self):
    return _loops.Items(self, self.get, QueueShutDown)


add_hooks(Queue, LifoQueue, PriorityQueue)
for _class in (Queue, LifoQueue, PriorityQueue):
    _class.__aiter__ = _iterate
    _class.__class_getitem__ = classmethod(types.GenericAlias)
