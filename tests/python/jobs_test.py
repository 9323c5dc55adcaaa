# SPDX-License-Identifier: BSL-1.0
"""Job queues from Python: items survive, and come back from who is killed."""
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest

conq_jobs = pytest.importorskip("conq.jobs", reason="built without SQLite's headers")
from conq import DurableQueue, Empty, JobQueue, ShutDown, Workers  # noqa: E402
from conq.jobs import LeaseLost, StoreError  # noqa: E402

WAIT_S = 60


@pytest.fixture(name="url")
def url_of(tmp_path):
    return f"sqlite:{tmp_path / 'q'}?durability=process"


def test_items_come_out_in_order_as_they_were_put(url):
    queue = JobQueue(url)
    items = [{"a": [1, None, "ü"]}, "b", 3.5]
    ids = queue.put_many(items)
    assert ids == sorted(ids)
    for item, number in zip(items, ids):
        with queue.take(timeout=0) as job:
            assert (job.item, job.id, job.attempt) == (item, number, 1)
    assert queue.stats()["done"] == 3
    with pytest.raises(Empty):
        queue.take(timeout=0)


def test_another_handle_and_the_next_process_see_the_same(url):
    JobQueue(url).put("a")
    code = ("import sys; from conq import JobQueue\n"
            "for job in [JobQueue(sys.argv[1]).take(timeout=0)]:\n"
            "    print(job.item); job.done('well')")
    said = subprocess.run([sys.executable, "-c", code, url], stdout=subprocess.PIPE, text=True,
                          check=True, timeout=WAIT_S).stdout
    assert said == "a\n"
    found = JobQueue(url).find(1)
    assert (found.state, found.note, found.item) == ("done", "well", "a")


def test_an_exception_hands_the_job_back_and_a_loop_ends_at_shutdown(url):
    queue = JobQueue(url)
    queue.put(1, max_attempts=1)
    queue.put(2)
    with pytest.raises(ZeroDivisionError):
        with queue.take():
            raise ZeroDivisionError("oh")
    assert queue.list("dead")[0].note == "ZeroDivisionError: oh"
    queue.shutdown()
    assert [job.item for job in queue] == [2]
    with pytest.raises(ShutDown):
        queue.put(3)
    queue.reopen()
    assert queue.put(3) == 3


def test_who_takes_longer_than_the_time_limit_has_lost_the_job(url):
    queue = JobQueue(url)
    queue.put(1, max_attempts=1, time_limit=0.001)
    job = queue.take()
    queue.join(timeout=WAIT_S)
    assert "time limit" in queue.list("dead")[0].note
    with pytest.raises(LeaseLost):
        job.done()


def test_leaving_a_loop_hands_the_job_back(url):
    queue = JobQueue(url)
    queue.put(1)
    for job in queue:
        assert job.item == 1
        break
    del job
    assert queue.stats()["delayed"] == 1


def test_every_end_of_a_lease_ends_it_once(url):
    queue = JobQueue(url)
    queue.put_many(range(4))
    jobs = queue.take_many(10)
    jobs[0].done()
    jobs[1].fail("no")
    jobs[2].release()
    jobs[3].extend(60)
    jobs[3].retry(delay=60)
    assert {key: value for key, value in queue.stats().items() if value} == {
        "done": 1, "dead": 1, "ready": 1, "delayed": 1}
    with pytest.raises(ValueError):
        jobs[0].done()
    assert queue.revive(2) and queue.cancel(2) and queue.forget(2) and not queue.forget(2)


def test_batches_end_in_one_transaction(url):
    queue = JobQueue(url)
    queue.put_many("abc")
    jobs = queue.take_many(5, timeout=0)
    queue.done_many(jobs[:2])
    queue.done_many([])
    assert queue.stats()["done"] == 2
    with pytest.raises(ValueError, match="job 1 has ended already"):
        queue.done_many(jobs)
    assert queue.stats()["running"] == 1, "nothing was changed"
    jobs[2].done()


def test_a_durable_queue_has_batches(url):
    q = DurableQueue(url)
    q.put_many(range(10))
    assert q.get_many(4) == [0, 1, 2, 3] and q.get() == 4
    with pytest.raises(ValueError, match="too many"):
        q.task_done(6)
    with pytest.raises(ValueError, match="negative"):
        q.task_done(-1)
    q.task_done(3)
    q.task_done(0)
    assert q._jobs.stats()["running"] == 2
    assert q.get_many(10, block=False) == [5, 6, 7, 8, 9]
    q.task_done(7)
    q.join(timeout=0)
    with pytest.raises(Empty):
        q.get_many(1, timeout=0)
    q.shutdown()
    with pytest.raises(ShutDown):
        q.get_many(1)
    with pytest.raises(ShutDown):
        q.put_many([1])


def test_what_a_durable_queue_has_done_is_forgotten(url):
    q = DurableQueue(url)
    for n in (1, 64, 200):
        q.put_many(range(n))
        while n > 0:
            done = len(q.get_many(100))
            q.task_done(done)
            n -= done
    q.join(timeout=WAIT_S)
    assert not any(JobQueue(url).stats().values())
    assert JobQueue(url).put(1) == 1 + 64 + 200 + 1


def test_a_durable_queue_whose_lease_was_lost_says_so(url):
    q = DurableQueue(url)
    q.put_many(range(3))
    assert q.get_many(3) == [0, 1, 2]
    assert q._held[1].end("release", b"", b"", -1)
    with pytest.raises(LeaseLost, match="1 of 3"):
        q.task_done(3)
    assert q.get() == 1
    q.task_done()


def test_bytes_that_are_no_item_are_left_out_of_a_batch(url):
    JobQueue(url, codec="bytes").put_many([b"1", b"{", b" 2 ", b"3"])
    q = DurableQueue(url)
    assert q.get_many(4) == [1, 2, 3]
    q.task_done(3)
    assert JobQueue(url).list("dead")[0].item == b"{"


def test_json_that_cannot_be_is_the_error_that_json_gives(url):
    queue = JobQueue(url)
    circle = []
    circle.append(circle)
    for _ in range(2):
        with pytest.raises(ValueError, match="Circular"):
            queue.put(circle)
        with pytest.raises(TypeError, match="set"):
            queue.put({"a": {1}})
    items = [True, None, 1 << 70, -0.5, "ü\n\u2028", {"a": {"1": []}}, float("inf"), {1: 2}]
    queue.put_many(items)
    assert [job.item for job in queue.take_many(8)] == items[:-1] + [{"1": 2}]


def test_outputs_are_kept_beside_their_jobs(url):
    queue = JobQueue(url)
    queue.put_many("abc")
    jobs = queue.take_many(3, timeout=0)
    jobs[0].done("well", output=b"\0text")
    jobs[1].fail("why", output=bytearray(b"last words"))
    jobs[2].done()
    assert [queue.output(number) for number in (1, 2, 3, 4)] == [b"\0text", b"last words", None,
                                                                 None]
    assert queue.find(1).note == "well"
    queue.keep_outputs()
    assert (queue.forget_all("done"), queue.forget_all("dead")) == (2, 1)
    assert queue.output(1) is None
    for state in ("ready", "nothing"):
        with pytest.raises(ValueError, match=state if state == "nothing" else ""):
            queue.forget_all(state)


def test_items_with_a_mark_of_their_encoding_are_json_too(url):
    JobQueue(url, codec="bytes").put('"ü"'.encode("utf-8-sig"))
    assert JobQueue(url).take(timeout=0).item == "ü"


def test_a_lease_that_ran_out_is_lost(tmp_path):
    queue = JobQueue(f"sqlite:{tmp_path / 'q'}?lease=1s")
    queue.put("a")
    code = ("import os, signal, sys; from conq import JobQueue\n"
            "job = JobQueue(sys.argv[1]).take(timeout=0)\n"
            "print(flush=True); os.kill(os.getpid(), signal.SIGSTOP)\n"
            "try: job.done()\nexcept Exception as error: print(type(error).__name__)")
    other = subprocess.Popen([sys.executable, "-c", code, queue.url], stdout=subprocess.PIPE,
                             text=True)
    other.stdout.readline()
    with queue.take(timeout=WAIT_S) as job:
        assert job.item == "a"
    other.send_signal(signal.SIGCONT)
    assert other.communicate(timeout=WAIT_S)[0] == LeaseLost.__name__ + "\n"


def test_the_job_of_a_killed_process_comes_back(url):
    queue = JobQueue(url)
    queue.put("a")
    code = ("import sys, time; from conq import JobQueue\n"
            "job = JobQueue(sys.argv[1]).take(timeout=0)\nprint(flush=True); sys.stdin.read()")
    other = subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE,
                             stdin=subprocess.PIPE)
    other.stdout.readline()
    other.kill()
    other.communicate(timeout=WAIT_S)
    with queue.take(timeout=WAIT_S) as job:
        assert job.item == "a"


def test_join_waits_for_other_threads(url):
    queue = JobQueue(url)
    queue.put_many(range(20))
    seen = []

    def work():
        for job in queue:
            seen.append(job.item)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    queue.join(timeout=WAIT_S)
    queue.shutdown()
    for each in threads:
        each.join(WAIT_S)
    assert sorted(seen) == list(range(20))
    queue.reopen()
    queue.put(1)
    with pytest.raises(TimeoutError):
        queue.join(timeout=0.01)


def test_a_job_whose_worker_raised_is_not_done(url):
    queue = JobQueue(url)
    queue.put(1, max_attempts=1)
    queue.put(2)
    with pytest.raises(ZeroDivisionError):
        with Workers(queue, 2, lambda job: 1 // (job.item - 1)):
            pass
    assert {key: value for key, value in queue.stats().items() if value} == {
        "done": 1, "dead": 1, "is_shut_down": True}
    assert queue.list("dead")[0].note.startswith("ZeroDivisionError")


def test_a_worker_that_lost_its_job_goes_on_with_the_next(url):
    queue = JobQueue(url)
    queue.put_many(range(2))
    lost = []

    def lose(job):
        if not lost:
            lost.append(job.item)
            job._lease.end("fail", b"", b"", -1)  # as another process could after its lease

    with Workers(queue, 1, lose) as pool:
        with pytest.raises(LeaseLost):
            pool.join(timeout=WAIT_S)
    assert (queue.stats()["dead"], queue.stats()["done"]) == (1, 1)


def test_a_signal_handler_runs_while_a_call_waits(url):
    queue = JobQueue(url)

    class Rung(Exception):
        pass

    def handle(*_):
        raise Rung

    old = signal.signal(signal.SIGALRM, handle)
    try:
        for wait in (queue.take, lambda: (queue.put(1), queue.join())):
            with pytest.raises(Rung):
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                wait()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_bytes_that_are_no_item_become_a_dead_letter(url):
    JobQueue(url, codec="bytes").put_many([b"{", b"1"])
    queue = JobQueue(url)
    with queue.take(timeout=0) as job:
        assert job.item == 1
    dead = queue.list("dead")[0]
    assert dead.item == b"{" and dead.note.startswith("its bytes are no item")


def test_what_is_not_bytes_is_refused_where_bytes_are_meant(url):
    queue = JobQueue(url, codec="bytes")
    for bad in (5, [1, 2], "text"):
        with pytest.raises(TypeError, match="bytes, not"):
            queue.put(bad)
    for good in (b"a", bytearray(b"b"), memoryview(b"c")):
        queue.put(good)
    assert [queue.take(timeout=0).item for _ in range(3)] == [b"a", b"b", b"c"]
    queue.put(b"d")
    job = queue.take()
    for bad in (5, "text"):
        with pytest.raises(TypeError, match="output must be bytes, not"):
            job.done(output=bad)
    job.done(output=memoryview(b"well"))
    assert queue.output(job.id) == b"well"


def test_a_batch_has_a_size_from_one_on(url):
    queue, q = JobQueue(url), DurableQueue(url)
    queue.put_many(range(4))
    for call in (queue.take_many, q.get_many):
        for bad in (0, -1):
            with pytest.raises(ValueError, match="most must be at least 1"):
                call(bad)
        for bad in ("1", 1.5, None):
            with pytest.raises(TypeError, match="most must be a number"):
                call(bad)
    assert queue.stats()["running"] == 0
    jobs = queue.take_many(2**32 + 2, timeout=0)
    assert [job.item for job in jobs] == [0, 1, 2, 3]
    assert len(queue.list("running", most=2**32)) == 4
    with pytest.raises(ValueError, match="most must be at least 0"):
        queue.list("running", most=-1)


def test_options_and_bad_ones(url, tmp_path):
    queue = JobQueue(url)
    queue.put("late", priority=1)
    queue.put("soon", priority=-1)
    assert queue.put("once", key="k") == queue.put("again", key="k")
    assert queue.take().item == "soon"
    for bad in ({"delay": -1}, {"max_attempts": 0}, {"time_limit": -1}, {"priority": 2**31},
                {"priority": "high"}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            queue.put("x", **bad)
    with pytest.raises(TypeError):
        queue.put(object())
    with pytest.raises(TypeError):
        queue.put("x", delay="soon")
    with pytest.raises(ValueError):
        queue.take(timeout=-1)
    with pytest.raises(ValueError, match="sqlite"):
        JobQueue("nosuch:x")
    with pytest.raises(ValueError, match="json"):
        JobQueue(url, codec="xml")
    (tmp_path / "notes").write_text("milk\n" * 2000)
    with pytest.raises(StoreError, match="another file"):
        JobQueue(tmp_path / "notes")


def child_of_durable_queue(queue, count):
    for _ in range(count):
        queue.put(queue.get(timeout=WAIT_S) + 1)
        queue.task_done()


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_a_durable_queue_travels_to_other_processes(url, how):
    queue = DurableQueue(url)
    for i in range(5):
        queue.put(i)
    child = multiprocessing.get_context(how).Process(target=child_of_durable_queue,
                                                     args=(queue, 5))
    child.start()
    child.join(WAIT_S)
    assert child.exitcode == 0
    assert sorted(queue.get() for _ in range(5)) == [1, 2, 3, 4, 5]
    for _ in range(5):
        queue.task_done()
    queue.join(timeout=WAIT_S)
    with pytest.raises(ValueError):
        queue.task_done()
    with pytest.raises(Empty):
        queue.get_nowait()


def test_a_child_leaves_what_its_parent_holds(url):
    queue = JobQueue(url)
    queue.put("a")
    job = queue.take()
    child = os.fork()
    if child == 0:
        del job
        os._exit(0 if queue.stats()["running"] == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    job.done()
    assert queue.stats()["done"] == 1


def test_queues_that_threads_opened_at_a_time_work_in_a_child(tmp_path):
    queues, together = [], threading.Barrier(4)

    def open_one(name):
        together.wait()
        queues.append(JobQueue(tmp_path / name))

    for turn in range(5):
        threads = [threading.Thread(target=open_one, args=(f"{turn}-{i}",)) for i in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(WAIT_S)
    files = [file for each in queues for file in each._handle._lock_files]
    assert len(files) == len(set(files)) == len(queues), "each has its own"
    child = os.fork()
    if child == 0:
        for each in queues:
            each.put(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [each.take(timeout=0).item for each in queues] == [1] * len(queues)


def test_a_child_does_not_keep_its_dead_parent_alive(tmp_path):
    url = f"sqlite:{tmp_path / 'q'}?lease=1h"  # which no test lives to see
    code = ("import os, sys; from conq import JobQueue\n"
            "queue = JobQueue(sys.argv[1]); job = queue.take(timeout=0)\n"
            "if os.fork() == 0: sys.stdin.read(); os._exit(0)\n"
            "print(flush=True); os.kill(os.getpid(), 9)")
    queue = JobQueue(url)
    queue.put("a")
    other = subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE,
                             stdin=subprocess.PIPE)
    other.stdout.readline()
    with queue.take(timeout=WAIT_S) as job:
        assert job.item == "a"
    other.stdin.close()
    other.wait(WAIT_S)


def test_pickle_is_used_only_if_it_is_named(url):
    queue = pickle.loads(pickle.dumps(DurableQueue(url, codec="pickle")))
    queue.put({1, 2})
    assert queue.get() == {1, 2}
    queue.task_done()
    assert queue.empty() and not queue.full()


def test_a_wait_ends_in_time_and_not_before(url):
    begin = time.monotonic()
    with pytest.raises(Empty):
        JobQueue(url).take(timeout=0.05)
    assert time.monotonic() >= begin + 0.05
