# SPDX-License-Identifier: BSL-1.0
"""Provide queues for threads: the classes of Python's queue module, on conq's C++ core.

    from conq import Queue              # in place of: from queue import Queue
    q = Queue(maxsize=100)
    for item in q:                      # calls task_done for each item; ends after q.shutdown()
        work(item)

The methods whose speed matters are written in C++. The others are written here, in Python.
"""
import importlib.machinery
import types

from . import _loops
from ._conq import Empty, Full, LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue
from ._hooks import add_hooks
from .workers import Workers

__all__ = ["DurableQueue", "Empty", "Full", "JobQueue", "Lease", "LifoQueue", "PriorityQueue",
           "Queue", "ShutDown", "SimpleQueue", "Workers"]
if importlib.machinery.PathFinder.find_spec("conq._jobs", __path__) is None:  # without SQLite
    __all__ = [each for each in __all__ if each not in ("DurableQueue", "JobQueue")]


def __getattr__(name):
    """Import the classes that need the store when they are first asked for."""
    if name in ("JobQueue", "DurableQueue"):
        from . import jobs  # pylint: disable=import-outside-toplevel
        return getattr(jobs, name)
    raise AttributeError(f"module 'conq' has no attribute {name!r}")


class Lease:
    """Represent an item that was taken from a queue, until it is done.

    As a context manager it gives the item. The end of the block calls the queue's task_done for
    it, also if the block raises. A lease that is never entered calls task_done when it is dropped.
    """

    __slots__ = ("_queue", "_item")
    __class_getitem__ = classmethod(types.GenericAlias)

    def __init__(self, queue, item):
        self._queue, self._item = queue, item

    def __enter__(self):
        return self._item

    def __exit__(self, *_):
        self.done()

    def done(self):
        """Call the queue's task_done for the item. Do nothing the second time."""
        queue, self._queue, self._item = self._queue, None, None
        if queue is not None:
            queue.task_done()

    __del__ = done


def _take(self, block=True, timeout=None):
    """Get the next item as a context manager that calls task_done: `with q.take() as item:`.

    Take the arguments of get, return a Lease, and raise what get raises.
    """
    return Lease(self, self.get(block, timeout))


def _iterate(self):
    """Yield items until the queue is shut down and drained, and call task_done for each.

    task_done for an item is called when the loop asks for the next one, and when the loop ends, by
    `break` or an exception too.
    """
    while True:
        try:
            item = self.get()
        except ShutDown:
            return
        try:
            yield item
        finally:
            del item
            self.task_done()


class _Gone:
    """Stand for an attribute that the standard library's queues have and these do not.

    Reading it raises AttributeError, which says what to use instead.
    """

    def __init__(self, name, instead):
        self._name, self._instead = name, instead

    def __get__(self, queue, owner):
        raise AttributeError(f"conq's {owner.__name__} has no {self._name!r}: {self._instead}")


_NO_CONDITION = "call put, get or join, which wait, with a timeout if need be"
_GONE = {
    "mutex": "each of its methods is safe to call from any thread, and a batch is put_many",
    "queue": "use qsize, empty, get_many or clear; a subclass with _init, _put and _get has it",
    "not_empty": _NO_CONDITION,
    "not_full": _NO_CONDITION,
    "all_tasks_done": _NO_CONDITION,
}


def _iterate_in_loop(self):
    return _loops.Items(self, self.aget, ShutDown)


add_hooks(Queue, LifoQueue, PriorityQueue)
for _class in (Queue, LifoQueue, PriorityQueue):
    for _name, _instead in _GONE.items():
        setattr(_class, _name, _Gone(_name, _instead))
    _class.take, _class.__iter__, _class.__aiter__ = _take, _iterate, _iterate_in_loop
for _class in (Queue, LifoQueue, PriorityQueue, SimpleQueue):
    _class.__class_getitem__ = classmethod(types.GenericAlias)
