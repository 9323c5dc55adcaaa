# SPDX-License-Identifier: BSL-1.0
"""Provide threads that take items from a queue and call a function for each."""
import sys
import threading
import types

from ._conq import ShutDown


def _has_jobs(queue):
    jobs = sys.modules.get("conq.jobs")  # is loaded if the queue is one of its queues
    return jobs is not None and isinstance(queue, jobs.JobQueue)


def _jobs_of(queue):
    """Yield jobs until the queue is shut down and drained.

    Unlike a `for` over the queue, leave it to the caller to end each job.
    """
    while True:
        try:
            job = queue.take()
        except ShutDown:
            return
        yield job
        del job


class Workers:
    """Run `n` threads that call `function(item)` for each item of a queue.

    The threads run until `queue` is shut down and drained. `name` begins the threads' names.

    When the function returns or raises, task_done is called for the item. An exception is passed to
    `on_error(exception)`. Without `on_error`, join() raises the first one, and `failures` counts
    them all.

    As a context manager: the end of the block waits until every item is done, then shuts the queue
    down and waits for the threads. If the block raises, the items still in the queue are dropped.

    With a JobQueue the function is called with jobs. When it returns, the job is done. When it
    raises, the attempt has failed: the job is handed back, or is dead if that was its last attempt.

    Raises TypeError if `queue` or `function` is of the wrong kind, ValueError if `n` is below 1.

    Threads: call the methods from any thread but those of the workers.
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
                self._fail(error)  # before task_done, so that join sees the failure
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
        """Return how many calls of the function raised an exception."""
        self._told = True
        return self._failures

    def join(self, timeout=None):
        """Wait until every item of the queue is done, then raise the first failure, if any.

        Wait at most `timeout` seconds; None: without a limit. A failure that a join has raised is
        not raised again. Raises TimeoutError if some item is not done by then.
        """
        self._queue.join(timeout)
        with self._lock:
            first, self._first = self._first, None
        if first is not None:
            self._told = True
            raise first

    def stop(self, immediate=False):
        """Shut the queue down and wait for the threads to end.

        The threads first process the items still in the queue. If `immediate`, these items are
        dropped instead.
        """
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
