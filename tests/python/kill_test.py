# SPDX-License-Identifier: BSL-1.0
"""Processes that are killed (kill -9) lose nothing of a DurableQueue; a JoinableQueue does, which
is the canary: the same checks must fail there."""
import multiprocessing
import os
import queue
import random
import signal

import pytest

pytest.importorskip("conq.jobs", reason="built without SQLite's headers")
from conq import DurableQueue  # noqa: E402

WAIT_S, ITEMS = 60, 200
forked = multiprocessing.get_context("fork")


@pytest.fixture(name="durable")
def in_a_file(tmp_path):
    return DurableQueue(f"sqlite:{tmp_path / 'q'}?durability=process")


def start(target, *arguments):
    process = forked.Process(target=target, args=arguments)
    process.start()
    return process


def kill(process):
    process.kill()
    process.join(WAIT_S)
    assert process.exitcode == -signal.SIGKILL


def got_after_a_worker_was_killed(q, wait_s):
    """What others get of 20 items, of which a worker that is killed held 10. The others must come;
    for the lost ones this waits only for `wait_s`."""
    ready = forked.Event()

    def hold():
        for _ in range(10):
            q.get(timeout=WAIT_S)
        ready.set()
        signal.pause()
    for item in range(20):
        q.put(item)
    worker = start(hold)
    assert ready.wait(WAIT_S)
    kill(worker)
    got = []
    try:
        while len(got) < 20:
            got.append(q.get(timeout=WAIT_S if len(got) < 10 else wait_s))
            q.task_done()
    except queue.Empty:
        pass
    return got


def test_what_a_killed_worker_held_comes_back(durable):
    assert sorted(got_after_a_worker_was_killed(durable, WAIT_S)) == list(range(20))
    durable.join(WAIT_S)


def test_a_joinable_queue_loses_it():
    assert got_after_a_worker_was_killed(forked.JoinableQueue(), 0.2) == list(range(10, 20))


def gets_after_a_waiting_worker_was_killed(q, is_waiting, wait_s):
    """Whether an item can be got after a worker was killed that waited for one."""
    worker = start(q.get)
    while not is_waiting(worker):
        pass
    kill(worker)
    q.put("a")
    try:
        return q.get(timeout=wait_s) == "a"
    except queue.Empty:
        return False


def is_asleep(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


def test_a_worker_that_is_killed_while_it_waits_leaves_no_lock(durable):
    assert gets_after_a_waiting_worker_was_killed(durable, is_asleep, WAIT_S)


def test_in_a_joinable_queue_it_leaves_one():
    q = forked.JoinableQueue()

    def holds_the_lock(_):
        if not q._rlock.acquire(block=False):
            return True
        q._rlock.release()
        return False
    assert not gets_after_a_waiting_worker_was_killed(q, holds_the_lock, 0.2)


def test_workers_that_are_killed_at_any_moment_lose_nothing(durable, tmp_path):
    seed = random.randrange(2**32)
    print("seed", seed)
    draw = random.Random(seed)
    log = os.open(tmp_path / "log", os.O_RDWR | os.O_CREAT | os.O_APPEND)

    def work():
        while True:
            items = durable.get_many(7)
            os.write(log, b"".join(b"%d\n" % item for item in items))
            durable.task_done(len(items))

    def seen():
        return {int(line) for line in os.pread(log, 1 << 20, 0).split()}
    durable.put_many(range(ITEMS))
    worker = start(work)
    for _ in range(20):
        enough = min(len(seen()) + draw.randrange(20), ITEMS)
        while len(seen()) < enough:
            pass
        kill(worker)
        worker = start(work)
    durable.join(WAIT_S)
    kill(worker)
    assert seen() == set(range(ITEMS))


def test_of_a_putter_that_is_killed_each_batch_is_all_in_or_not_at_all(durable):
    def put():
        while True:
            durable.put_many(range(10))
    for _ in range(5):
        enough = durable.qsize() + 20
        putter = start(put)
        while durable.qsize() < enough:
            pass
        kill(putter)
        assert durable.qsize() % 10 == 0
