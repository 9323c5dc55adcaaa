#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Python's queues as rivals. For each line "putters getters capacity items" of stdin,
`queues.py queue|simple` runs a round and prints its nanoseconds (simple has no bound)."""
import queue
import sys
import threading
import time


def share(everything, index, count):
    return everything * (index + 1) // count - everything * index // count


def one_round(items_of, putters, getters, items):
    sums = []
    start = threading.Barrier(putters + getters + 1)

    def put(mine):
        start.wait()
        for i in range(mine):
            items_of.put(i)

    def get(mine):
        start.wait()
        sums.append(sum(items_of.get() for _ in range(mine)))

    threads = []
    expected = 0
    for index in range(putters):
        mine = share(items, index, putters)
        expected += mine * (mine - 1) // 2
        threads.append(threading.Thread(target=put, args=(mine,)))
    for index in range(getters):
        threads.append(threading.Thread(target=get, args=(share(items, index, getters),)))
    for each in threads:
        each.start()
    start.wait()
    begin = time.monotonic_ns()
    for each in threads:
        each.join()
    took = time.monotonic_ns() - begin
    if sum(sums) != expected:
        raise RuntimeError("items were lost or made up")
    return took


for line in sys.stdin:
    wanted = [int(each) for each in line.split()]
    shared = queue.SimpleQueue() if sys.argv[1] == "simple" else queue.Queue(wanted[2])
    print(one_round(shared, wanted[0], wanted[1], wanted[3]), flush=True)
