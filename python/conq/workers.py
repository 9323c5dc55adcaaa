# SPDX-License-Identifier: BSL-1.0
"""Threads that take items from a queue and call a function for each."""
import sys
import threading
import types

from ._conq import ShutDown


def _has_jobs(queue):
    jobs = sys.modules.get("conq.jobs")  # is there if the queue is one of its
    return jobs is not None and isinstance(queue, jobs.JobQueue)


def _jobs_of(queue):
    """Unlike the queue's own loop, it leaves the end of a job to who is given it."""
    while True:
        try:
            job = queue.take()
        except ShutDown:
            return
        yield job
        del job


class Workers:
    """`n` threads that call `function(item)` for each item of `queue` until it is shut down and
    drained.

    The function's return is the item's task_done, and so is an exception, which goes to
    `on_error(exception)`. Without that, join() raises the first one and the others are counted
    in `failures`. As a context manager: the end of the block waits until every item is done, then
    shuts the queue down and waits for the threads; an exception in the block drops what is in.

    Of a JobQueue the function is given the jobs. Its return is the job's done, and an exception is
    a failed attempt: the job is handed back, or dead after its last one.

    Threads: every method may be called from any thread but those of the workers.
    """

    __class_getitem__ = classmethod(types.GenericAlias)

    def __init__(self, queue, n, function, on_error=None, name="conq"):
        if not (hasattr(type(queue), "__iter__") and hasattr(queue, "shutdown")):
            raise TypeError("'queue' must be conq's Queue, LifoQueue, PriorityQueue or JobQueue, "
                            f"not {type(queue)}")
        if n < 1:
            raise ValueError(f"'n' must be at least 1, not {n}")
        if not callable(function):
            raise TypeError(f"'function' must be callable, not {type(function)}")
        self._queue, self._function, self._on_error = queue, function, on_error
        self._lock, self._first, self._failures, self._told = threading.Lock(), None, 0, False
        self._threads = [threading.Thread(target=self._run, name=f"{name}-{i + 1}", daemon=True)
                         for i in range(n)]
        for each in self._threads:
            each.start()

    def _run(self):
        items, call = self._queue, self._function
        if _has_jobs(self._queue):
            items, call = _jobs_of(self._queue), self._call_with_job
        for item in items:
            try:
                call(item)
            except BaseException as error:  # pylint: disable=broad-except
                self._fail(error)  # before the task_done: join sees it
            del item

    def _call_with_job(self, job):
        try:
            self._function(job)
        except BaseException as error:  # pylint: disable=broad-except
            self._fail(error)
            job.__exit__(type(error), error, None)
        else:
            job.__exit__(None, None, None)

    def _fail(self, error):
        handler = self._on_error
        if handler is not None:
            try:
                handler(error)
                error = None
            except BaseException as of_handler:  # pylint: disable=broad-except
                error = of_handler
        with self._lock:
            self._failures += 1
            if self._first is None:
                self._first = error

    @property
    def failures(self):
        """How many calls of the function ended by an exception."""
        self._told = True
        return self._failures

    def join(self, timeout=None):
        """Waits until every item of the queue has been done, then raises the first failure that no
        join has raised yet. TimeoutError: some item is not done yet."""
        self._queue.join(timeout)
        with self._lock:
            first, self._first = self._first, None
        if first is not None:
            self._told = True
            raise first

    def stop(self, immediate=False):
        """Shuts the queue down and waits for the threads, which process what is in; or not, if
        `immediate`."""
        self._queue.shutdown(immediate)
        for each in self._threads:
            each.join()
        if self._failures and not self._told and self._on_error is None:
            print(f"conq: workers: {self._failures} item(s) failed and nobody asked (first: "
                  f"{self._first!r}): call join() or failures, or give on_error", file=sys.stderr)
            self._told = True

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if kind is None:
                self.join()
        finally:
            self.stop(immediate=kind is not None)
