# SPDX-License-Identifier: BSL-1.0
"""A put and a get take no more instructions than those of SimpleQueue, or hardly more: counted by
callgrind, so that a busy machine does not matter."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

BENCHES = pathlib.Path(os.environ["CONQ_SOURCE"]) / "bench/python"


def answer(figures):
    """What the gate says of figures, which are Python: 0 if they are good enough."""
    program = f"import bench, sys; sys.exit(0 if bench.are_few_enough({figures}) else 1)"
    done = subprocess.run([sys.executable, "-c", program], cwd=BENCHES, text=True, timeout=500,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert "conq.Queue / queue.SimpleQueue: " in done.stdout, done.stdout
    print(done.stdout)
    return done.returncode


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind: install it")
def test_a_pair_takes_few_instructions():
    assert answer("bench.instructions(bench.GATED)") == 0


def test_more_are_noticed():
    assert answer({"queue.SimpleQueue": 1000, "conq.Queue": 1060}) == 1
