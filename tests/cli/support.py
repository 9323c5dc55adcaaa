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


class Held:
    """A pipe that jobs inherit: it ends once no process holds it any more. Give `fds` to start()
    or conq(), and hold nothing yourself by let_go() before you ask has_ended()."""

    def __init__(self):
        self.reader, self.writer = os.pipe()
        self.fds = (self.writer,)

    def let_go(self):
        os.close(self.writer)

    def has_ended(self):
        """Waits for that. What was written before does not matter."""
        with open(self.reader, "rb", buffering=0) as pipe:
            while select.select([pipe], [], [], TIMEOUT_S)[0]:
                if not pipe.read(4096):
                    return True
        return False


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
