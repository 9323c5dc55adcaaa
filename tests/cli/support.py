# SPDX-License-Identifier: BSL-1.0
"""Runs the command under test."""
import os
import pathlib
import select
import signal
import subprocess
import time

CONQ = os.environ["CONQ"]
TIMEOUT_S = 60
ARGUMENT_MAX = 131_071  # bytes


def conq(*words, items=b"", **options):
    """Runs conq run WORDS with these bytes as standard input."""
    if isinstance(items, str):
        items = items.encode()
    if "stdin" not in options:
        options["input"] = items
    for name in ("stdout", "stderr"):
        options.setdefault(name, subprocess.PIPE)
    return subprocess.run([CONQ, "run", *map(os.fsencode, words)], timeout=TIMEOUT_S, **options)


def start(*words, **options):
    """The same, but returns the running process, so that the test can talk to it."""
    for name in ("stdin", "stdout", "stderr"):
        options.setdefault(name, subprocess.PIPE)
    return subprocess.Popen([CONQ, "run", *map(os.fsencode, words)], **options)


def lines(count):
    return "".join(f"{i}\n" for i in range(1, count + 1))


def stopped_beyond_limit(run, limit_s):
    """For a conq that its job stops, before the job ends: continues it when the time limit of the
    job is long over."""
    os.waitid(os.P_PID, run.pid, os.WSTOPPED)
    begin = time.monotonic()  # the job began before
    tasks = pathlib.Path(f"/proc/{run.pid}/task")
    states = [""]
    while set(states) != {"Z"}:
        assert time.monotonic() < begin + TIMEOUT_S
        states = [pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
                  for task in tasks.iterdir()
                  for child in (task / "children").read_text().split()]
    while (left_s := begin + limit_s - time.monotonic()) > 0:
        select.select([], [], [], left_s)
    os.kill(run.pid, signal.SIGCONT)
