#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""How fast the Python module is beside others, as ratios taken in the same rounds.

    cmake --preset release -DCONQ_PYTHON=ON
    cmake --build --preset release --target conq_python conq_python_jobs
    PYTHONPATH=build/release/python python3 bench/python/bench.py [--rounds N] [--instructions]

The figure of a row is the median over the rounds of rival's time / conq's time: above 1, conq is
faster. Each round runs every candidate, in a new random order. janus and culsans are measured if
they are installed. --instructions counts, by callgrind, the instructions that one put and one get
take; exit code 1 means more than allowed.
"""
import argparse
import asyncio
import queue
import random
import statistics
import subprocess
import sys
import threading
import time

import conq
import conq.asyncio
import processes

try:
    import culsans
except ImportError:
    culsans = None
try:
    import janus
except ImportError:
    janus = None


def pair(make, count, tasks=False):
    """One thread: put, get, and task_done if `tasks`."""
    q = make()
    begin = time.perf_counter()
    if tasks:
        for _ in range(count):
            q.put(None)
            q.get()
            q.task_done()
    else:
        for _ in range(count):
            q.put(None)
            q.get()
    return (time.perf_counter() - begin) / count


def threads(make, count, sides):
    """`sides` threads put, and as many get."""
    q, each = make(), count // sides

    def put():
        for _ in range(each):
            q.put(None)

    def get():
        for _ in range(each):
            q.get()
    all_of_them = [threading.Thread(target=call) for call in (put, get) for _ in range(sides)]
    begin = time.perf_counter()
    for thread in all_of_them:
        thread.start()
    for thread in all_of_them:
        thread.join()
    return (time.perf_counter() - begin) / (each * sides)


def ping_pong(make, count):
    there, back = make(), make()

    def echo():
        for _ in range(count):
            back.put(there.get())
    thread = threading.Thread(target=echo)
    thread.start()
    begin = time.perf_counter()
    for _ in range(count):
        there.put(None)
        back.get()
    end = time.perf_counter()
    thread.join()
    return (end - begin) / count


def one_by_one(make, count):
    """64 items, put and got one by one: the comparison for a batch."""
    q = make()
    begin = time.perf_counter()
    for _ in range(count // 64):
        for item in range(64):
            q.put(item)
        for _ in range(64):
            q.get()
    return (time.perf_counter() - begin) / count


def batches(make, count):
    q, items = make(), list(range(64))
    begin = time.perf_counter()
    for _ in range(count // 64):
        q.put_many(items)
        q.get_many(64)
    return (time.perf_counter() - begin) / count


def one_loop(make, count):
    """Two tasks on one event loop, with task_done."""
    async def main():
        q = make()

        async def consume():
            for _ in range(count):
                await q.get()
                q.task_done()
        consumer = asyncio.ensure_future(consume())
        begin = time.perf_counter()
        for item in range(count):
            await q.put(item)
        await consumer
        return (time.perf_counter() - begin) / count
    return asyncio.run(main())


class OfConq:
    """The two sides of one queue, named as janus and culsans do."""

    def __init__(self):
        q = conq.Queue()
        self.sync_put, self.sync_get, self.put, self.get = q.put, q.get, q.aput, q.aget

    async def close(self):
        pass


class OfPeer:
    def __init__(self, module):
        self._q = module.Queue()
        self.sync_put, self.sync_get = self._q.sync_q.put, self._q.sync_q.get
        self.put, self.get = self._q.async_q.put, self._q.async_q.get

    async def close(self):
        if hasattr(self._q, "aclose"):
            await self._q.aclose()


def there_and_back(make, count):
    """A thread and an event loop: each item goes to the loop and back before the next one."""
    async def main():
        there, back = make(), make()

        def thread():
            for item in range(count):
                there.sync_put(item)
                back.sync_get()
        other = threading.Thread(target=thread)
        begin = time.perf_counter()
        other.start()
        for _ in range(count):
            await back.put(await there.get())
        end = time.perf_counter()
        other.join()
        await there.close()
        await back.close()
        return (end - begin) / count
    return asyncio.run(main())


def stream(make, count):
    """A thread and an event loop: items go to the loop and back as fast as they can."""
    async def main():
        there, back = make(), make()

        def put():
            for item in range(count):
                there.sync_put(item)

        def get():
            for _ in range(count):
                back.sync_get()
        others = [threading.Thread(target=each) for each in (put, get)]
        begin = time.perf_counter()
        for each in others:
            each.start()
        for _ in range(count):
            await back.put(await there.get())
        for each in others:
            await asyncio.to_thread(each.join)
        end = time.perf_counter()
        await there.close()
        await back.close()
        return (end - begin) / count
    return asyncio.run(main())


def to_loop(make, count):
    """A thread puts, an event loop gets."""
    async def main():
        q = make()

        def thread():
            for item in range(count):
                q.sync_put(item)
        other = threading.Thread(target=thread)
        begin = time.perf_counter()
        other.start()
        for _ in range(count):
            await q.get()
        end = time.perf_counter()
        other.join()
        await q.close()
        return (end - begin) / count
    return asyncio.run(main())


# How many items the peers move, and how many ours.
ROUTES = (("thread to loop", to_loop, 5000, 20000),
          ("thread to loop and back", stream, 5000, 20000),
          ("the same, one at a time", there_and_back, 2000, 2000))


def bounded(kind, maxsize):
    return lambda: kind(maxsize)


def rows():
    """Rows: (name, rival's name, the ratio to reach, rival's run, conq's run)."""
    simple, standard, ours = queue.SimpleQueue, queue.Queue, conq.Queue
    yield "pair", "SimpleQueue", 1 / 1.2, lambda: pair(simple, 20000), lambda: pair(ours, 20000)
    yield "pair", "Queue", 15, lambda: pair(standard, 2000), lambda: pair(ours, 20000)
    yield ("pair, task_done", "Queue", 15, lambda: pair(standard, 2000, True),
           lambda: pair(ours, 20000, True))
    for n in (1, 2, 4):
        yield (f"{n}P{n}C", "Queue", 8, lambda n=n: threads(standard, 4000, n),
               lambda n=n: threads(ours, 40000, n))
        yield (f"{n}P{n}C", "SimpleQueue", 0.8, lambda n=n: threads(simple, 40000, n),
               lambda n=n: threads(ours, 40000, n))
        yield (f"{n}P{n}C, maxsize 100", "Queue", 8,
               lambda n=n: threads(bounded(standard, 100), 4000, n),
               lambda n=n: threads(bounded(ours, 100), 40000, n))
    yield ("ping-pong", "SimpleQueue", 1 / 1.15, lambda: ping_pong(simple, 2000),
           lambda: ping_pong(ours, 2000))
    yield ("batches of 64", "SimpleQueue", 2, lambda: one_by_one(simple, 64 * 300),
           lambda: batches(ours, 64 * 300))
    for maxsize in (0, 100, 1):
        yield (f"one loop, maxsize {maxsize}", "asyncio.Queue", 1.5,
               lambda m=maxsize: one_loop(bounded(asyncio.Queue, m), 5000),
               lambda m=maxsize: one_loop(bounded(conq.asyncio.Queue, m), 5000))
    yield ("2 processes, batches of 64", "JoinableQueue", 0.8, lambda: processes.joinable(64 * 100),
           lambda: processes.durable(64 * 100))
    for peer, must in ((janus, 5), (culsans, 3)):
        if peer is None:
            continue
        for name, run, count_of_peer, count_of_conq in ROUTES:
            yield (name, peer.__name__, must,
                   lambda run=run, p=peer, count=count_of_peer: run(lambda: OfPeer(p), count),
                   lambda run=run, count=count_of_conq: run(OfConq, count))


def measure(rounds):
    table = list(rows())
    ratios = {row[:3]: [] for row in table}
    times = {row[:3]: [] for row in table}
    for _ in range(rounds):
        for name, rival, must, theirs, ours in random.sample(table, len(table)):
            pairs = [("theirs", theirs), ("ours", ours)]
            random.shuffle(pairs)
            taken = {which: run() for which, run in pairs}
            ratios[name, rival, must].append(taken["theirs"] / taken["ours"])
            times[name, rival, must].append(taken["ours"])
    version = sys.version.split()[0]
    print(f"CPython {version}, {rounds} rounds: how many times as fast as the rival")
    for key, values in ratios.items():
        name, rival, must = key
        figure = statistics.median(values)
        verdict = "" if figure >= must else f"  misses {must:.2f}"
        print(f"{name:28}{rival:16}{figure:7.2f}  ({min(values):.2f} to {max(values):.2f}; "
              f"{statistics.median(times[key]) * 1e9:.0f} ns){verdict}")


INSTRUCTIONS_MOST = 1.05
GATED = ("queue.SimpleQueue", "conq.Queue")


def instructions(makes=(*GATED, "conq.SimpleQueue", "queue.Queue")):
    """For each queue: the instructions of a put and a get, by the difference of two runs."""
    def count(make, turns):
        program = (f"import conq, queue\nq = {make}()\nfor _ in range({turns}):\n"
                   "    q.put(None)\n    q.get()")
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                               sys.executable, "-c", program], capture_output=True, text=True,
                              check=True)
        return int(done.stderr.split("Collected : ")[1].split()[0])
    figures = {}
    for make in makes:
        figures[make] = (count(make, 11000) - count(make, 1000)) // 10000
        print(f"{make:20}{figures[make]:7} instructions a turn")
    return figures


def are_few_enough(figures):
    ratio = figures["conq.Queue"] / figures["queue.SimpleQueue"]
    verdict = "" if ratio <= INSTRUCTIONS_MOST else f"  misses {INSTRUCTIONS_MOST}"
    print(f"conq.Queue / queue.SimpleQueue: {ratio:.2f}{verdict}")
    return verdict == ""


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--instructions", action="store_true")
    given = parser.parse_args()
    if given.instructions:
        sys.exit(0 if are_few_enough(instructions()) else 1)
    else:
        measure(given.rounds)


if __name__ == "__main__":
    main()
