# SPDX-License-Identifier: BSL-1.0
"""Runs across two processes: one puts, this one gets and calls task_done."""
import multiprocessing
import tempfile
import time

import conq

BATCH = 64
_forked = multiprocessing.get_context("fork")


def _time(count, put, take, join):
    """Seconds an item, from the moment when the other process has begun to put."""
    ready = _forked.Event()

    def other():
        ready.set()
        put()
    process = _forked.Process(target=other)
    process.start()
    ready.wait()
    begin = time.perf_counter()
    got = 0
    while got < count:
        got += take()
    join()
    end = time.perf_counter()
    process.join()
    return (end - begin) / count


def joinable(count):
    """A JoinableQueue, which has no batches."""
    q = _forked.JoinableQueue()

    def put():
        for item in range(count):
            q.put(item)

    def take():
        q.get()
        q.task_done()
        return 1
    return _time(count, put, take, q.join)


def durable(count):
    """A DurableQueue in a file, in batches."""
    with tempfile.TemporaryDirectory() as folder:
        q = conq.DurableQueue(f"sqlite:{folder}/q?durability=process")

        def put():
            for begin in range(0, count, BATCH):
                q.put_many(range(begin, begin + BATCH))

        def take():
            taken = len(q.get_many(BATCH))
            q.task_done(taken)
            return taken
        return _time(count, put, take, q.join)
