# SPDX-License-Identifier: BSL-1.0
"""Runs the command under test."""
import os
import subprocess

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
