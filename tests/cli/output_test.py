# SPDX-License-Identifier: BSL-1.0
"""conq run: output of jobs, and what happens when it has nowhere to go."""
import os
import pathlib
import re
import subprocess
import tempfile

import pytest
from support import CONQ, conq, lines, start


def test_output_of_a_job_stays_together():
    script = 'for i in 1 2 3 4 5; do echo "$1 $i"; done'
    done = conq("-j4", "sh", "-c", script, "sh", items=lines(200))
    blocks = [done.stdout.splitlines()[i:i + 5] for i in range(0, 1000, 5)]
    for block in blocks:
        item = block[0].split()[0]
        assert block == [item + b" %d" % i for i in range(1, 6)]
    assert sorted(int(b[0].split()[0]) for b in blocks) == list(range(1, 201))


def test_keep_order_prints_in_input_order():
    # The first job waits for the last: its output comes first all the same.
    with tempfile.TemporaryDirectory() as folder:
        fifo = pathlib.Path(folder, "fifo")
        os.mkfifo(fifo)
        script = f'[ $1 = 1 ] && cat {fifo}; [ $1 = 20 ] && echo late > {fifo}; echo $1'
        done = conq("-k", "-j2", "sh", "-c", script, "sh", items=lines(20))
    assert done.stdout == b"late\n" + lines(20).encode()


def test_both_streams_are_kept_apart_and_together_each():
    done = conq("-k", "sh", "-c", "echo out $1; echo err $1 >&2", "sh", items=lines(3))
    assert done.stdout == b"out 1\nout 2\nout 3\n"
    assert done.stderr == b"err 1\nerr 2\nerr 3\n"


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 200_000, 5_000_000])
@pytest.mark.parametrize("order", [["-k"], []])
def test_large_output_comes_out_whole(size, order):
    script = f"head -c {size} /dev/zero | tr '\\0' $1"
    done = conq(*order, "-j3", "sh", "-c", script, "sh", items="a\nb\nc\n")
    assert done.returncode == 0 and len(done.stdout) == 3 * size
    runs = re.findall(rb"a+|b+|c+", done.stdout)
    assert sorted(runs) == [c * size for c in (b"a", b"b", b"c")]
    if order:
        assert runs == sorted(runs)


def test_a_process_left_behind_does_not_hold_the_job():
    with tempfile.TemporaryDirectory() as folder:
        fifo = pathlib.Path(folder, "fifo")
        os.mkfifo(fifo)
        done = conq("sh", "-c", f"(read line < {fifo}) & echo $1", "sh", items="a\nb\n")
        assert sorted(done.stdout.split()) == [b"a", b"b"] and done.returncode == 0
        for _ in range(2):  # let the two that were left behind go
            fifo.open("w").write("x\n")


def test_a_full_disk_on_stdout_is_an_own_error():
    with open("/dev/full", "wb") as full:
        done = conq("echo", items=lines(5), stdout=full)
    assert done.returncode == 1
    assert b"cannot write standard output: No space left" in done.stderr


def test_a_closed_pipe_on_stdout_ends_the_run():
    run = start("echo", stdin=subprocess.PIPE)
    run.stdout.close()
    with open(os.devnull, "wb"):
        try:
            while run.poll() is None:
                run.stdin.write(b"x\n" * 100)
                run.stdin.flush()
        except BrokenPipeError:
            pass
    assert run.wait(60) == 1
    assert b"cannot write standard output" in run.stderr.read()
    run.stderr.close()


@pytest.mark.parametrize("order", [["-k"], []])
def test_a_full_spool_stops_taking_items_and_loses_nothing(order):
    if os.geteuid() != 0:
        pytest.fail("needs root to mount a small file system")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
        try:
            script = "head -c 3000000 /dev/zero | tr '\\0' $1"
            done = conq(*order, "-j2", "sh", "-c", script, "sh", items="a\nb\nc\nd\n" * 50,
                        env={**os.environ, "TMPDIR": folder})
        finally:
            subprocess.run(["umount", folder], check=True)
    assert done.returncode == 1
    assert b"spool file: No space left" in done.stderr and b"no more items" in done.stderr
    ended = int(re.search(rb"(\d+) jobs ended", done.stderr)[1])
    assert len(done.stdout) == ended * 3_000_000
    runs = re.findall(rb"a+|b+|c+|d+", done.stdout)
    assert all(len(run) % 3_000_000 == 0 for run in runs)


def test_no_temporary_folder_is_said():
    done = conq("-j1", "head", "-c", "100000", "/dev/zero", items="a\n",
                env={**os.environ, "TMPDIR": "/no/such/folder"})
    assert done.returncode != 0 and b"TMPDIR" in done.stderr


def peak_kib(words, items):
    """Resident memory of conq itself at its peak: what the kernel says of it at its end."""
    script = ("import os, sys, resource, subprocess\n"
              "p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
              "status = open(f'/proc/{p.pid}/status')\n"
              "peak = 0\n"
              "while True:\n"
              "    status.seek(0); text = status.read()\n"
              "    at = text.find('VmHWM:')\n"
              "    if at < 0: break\n"
              "    peak = max(peak, int(text[at:].split()[1]))\n"
              "    if os.waitpid(p.pid, os.WNOHANG)[0]: break\n"
              "print(peak)\n")
    done = subprocess.run(["/usr/bin/env", "python3", "-c", script, CONQ, "run", *words],
                          input=items, capture_output=True, timeout=120, check=True)
    return int(done.stdout)


def test_memory_is_flat_for_any_input():
    few = peak_kib(["-n", "1000", "true"], lines(20_000).encode())
    many = peak_kib(["-n", "1000", "true"], lines(2_000_000).encode())
    assert few <= 8 * 1024 and many <= 8 * 1024, (few, many)


def test_memory_is_flat_behind_a_slow_first_job():
    script = '[ "$1" = 1 ] && read line < "$0"; :'
    with tempfile.TemporaryDirectory() as folder:
        fifo = pathlib.Path(folder, "fifo")
        os.mkfifo(fifo)
        run = start("-k", "-j2", "sh", "-c", script, str(fifo), stdin=subprocess.PIPE)
        run.stdin.write(lines(300).encode())
        run.stdin.close()
        fifo.open("w").write("go\n")
        assert run.wait(60) == 0
        run.stdout.close()
        run.stderr.close()
