# SPDX-License-Identifier: BSL-1.0
"""conq run: its own resident memory stays flat, whatever the input; limits of the system."""
import json
import os
import resource
import sqlite3
import subprocess

import pytest
from support import ARGUMENT_MAX, CONQ, conq, lines

# Asks the kernel for the most memory that its parent, conq, has ever had resident, in KiB.
PEAK = ('while read -r name value unit; do case $name in VmHWM:) echo "$value";; esac; done '
        '< /proc/$PPID/status')
MEMORY_KIB_MAX = 8 * 1024


@pytest.mark.parametrize("order", [["-k"], []])
def test_memory_is_flat_for_any_number_of_items(order):
    peaks = []
    for count in (20_000, 2_000_000):
        done = conq(*order, "-n", "5000", "sh", "-c", PEAK, items=lines(count))
        peaks.append(max(int(peak) for peak in done.stdout.split()))
    assert max(peaks) <= MEMORY_KIB_MAX, peaks


def test_memory_is_flat_for_items_of_any_size():
    for size in (1_000, ARGUMENT_MAX):
        items = (b"x" * size + b"\n") * (20_000_000 // size)
        done = conq("-n", str(max(1, 10_000 // size)), "sh", "-c", PEAK, items=items)
        assert max(int(peak) for peak in done.stdout.split()) <= MEMORY_KIB_MAX


def test_memory_is_flat_behind_a_slow_first_job(tmp_path):
    """The first job waits for the last, and so holds back all output of 400 jobs, 24 MB."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    script = f'[ $1 = 1 ] && read line < {fifo}; head -c 60000 /dev/zero; ' \
             f'[ $1 = 400 ] && {{ {PEAK}; echo > {fifo}; }}; true'
    done = conq("-k", "-j2", "sh", "-c", script, "sh", items=lines(400))
    assert done.returncode == 0 and done.stdout.count(b"\0") == 400 * 60_000
    assert int(done.stdout[-10:].strip(b"\0\n")) <= MEMORY_KIB_MAX


def test_memory_is_flat_behind_a_slow_first_job_although_all_others_fail(tmp_path):
    """The messages held back are about missing programs, with names of 4,000 bytes."""
    fifo, first = tmp_path / "fifo", tmp_path / "first"
    os.mkfifo(fifo)
    first.write_text(f"#!/bin/sh\nread line < {fifo}\n{PEAK}\n")
    last = tmp_path / "last"
    last.write_text(f"#!/bin/sh\necho > {fifo}\n")
    for program in (first, last):
        program.chmod(0o755)
    missing = ("/no/" + "n" * 3_900 + "\n") * 8_000
    done = conq("-k", "-j2", "{}", items=f"{first}\n{missing}{last}\n")
    assert done.returncode == 127 and done.stderr.count(b"cannot run '/no/n") == 8_000
    assert int(done.stdout) <= MEMORY_KIB_MAX


def test_memory_is_flat_for_any_number_of_items_that_a_queue_knows(tmp_path):
    """The store counts how often each item came: both for conq put and for conq run."""
    most, count = 32 * 1024, 100_000
    queue, items = str(tmp_path / "q"), lines(count)
    with subprocess.Popen([CONQ, "put", "-q", queue, "--once"], stdin=subprocess.PIPE) as put:
        put.stdin.write(items.encode())
        put.stdin.flush()
        while subprocess.run([CONQ, "ls", "-q", queue], stdout=subprocess.PIPE,
                             check=False).stdout.split()[:1] != [str(count).encode()]:
            assert put.poll() is None
        status = open(f"/proc/{put.pid}/status", encoding="ascii").read()
        put.stdin.close()
    assert int(status[status.index("VmHWM:"):].split()[1]) <= most
    subprocess.run([CONQ, "shutdown", "--now", "-q", queue], check=True)  # they are finished now
    subprocess.run([CONQ, "reopen", "-q", queue], check=True)
    done = conq("-q", queue, "sh", "-c", PEAK, items=items + "new\n")
    assert done.returncode == 123 and int(done.stdout) <= most


def test_an_item_of_64_mebibytes_goes_through_a_queue(tmp_path):
    size = 64 << 20
    done = conq("-q", tmp_path / "q", "--stdin", "-s", "tr -d a | wc -c; wc -c < /dev/null",
                items=b"a" * (size - 5) + b"b" * 5)
    assert done.returncode == 0 and done.stdout.split() == [b"5", b"0"], done.stderr
    with subprocess.Popen([CONQ, "put", "-q", tmp_path / "other"], stdin=subprocess.PIPE) as put:
        put.communicate(b"c" * size + b"\n")
    assert put.returncode == 0
    got = subprocess.run([CONQ, "get", "-q", tmp_path / "other"], stdout=subprocess.PIPE,
                         check=True)
    assert got.stdout == b"1.1\t" + b"c" * size + b"\n"
    too_long = conq("-q", tmp_path / "q", "--force", "echo", items=b"a" * size)
    assert too_long.returncode == 123 and b"too long for an argument" in too_long.stderr


def test_an_item_that_memory_cannot_hold_is_said_with_the_mend():
    little = (lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28)))
    with open("/dev/zero", "rb") as endless:
        done = conq("--stdin", "-j1", "true", stdin=endless, preexec_fn=little)
    assert done.returncode == 1
    assert b"does not fit into memory: is the delimiter right (-0, -d)?" in done.stderr


def test_too_many_open_files_are_said_with_the_mend():
    few = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8)))
    done = conq("-j1", "true", items=lines(1), preexec_fn=few)
    assert done.returncode == 1
    assert b"Too many open files" in done.stderr and b"raise ulimit -n" in done.stderr


def states(queue):
    with sqlite3.connect(queue) as base:
        return dict(base.execute("SELECT state, count(*) FROM job GROUP BY state"))


@pytest.mark.parametrize("files", range(32, 42, 2))
def test_a_job_that_lacks_open_files_waits_for_another_to_end(tmp_path, files):
    few = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)))
    done = conq("-q", tmp_path / "q", "-j", "40", "sleep", items=b"0.02\n" * 80, preexec_fn=few)
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    assert states(tmp_path / "q") == {2: 80}
    again = conq("-j", "40", "--stdin", "-s", "cat; echo", items=lines(80), preexec_fn=few)
    assert again.returncode == 0 and sorted(map(int, again.stdout.split())) == [*range(1, 81)]


def test_jobs_that_lack_open_files_begin_apart_as_well():
    """All but the first wait for another to end, for longer than the delays take together."""
    words, items = ("-j4", "--delay", "20ms", "--json", "sleep"), b"0.3\n0\n0\n0\n"
    for files in range(6, 40):  # until there are enough for one job
        few = (lambda most=files: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)))
        done = conq(*words, items=items, preexec_fn=few)
        if done.returncode == 0:
            break
    begins = sorted(json.loads(line)["start_ms"] for line in done.stdout.splitlines())
    assert len(begins) == 4
    for i in range(3):
        assert begins[i + 1] - begins[i] >= 20 - 1  # times are cut to whole ms


@pytest.mark.parametrize("verb", ["run", "work"])
def test_an_item_that_could_not_be_started_is_still_to_be_done(tmp_path, verb):
    queue, told = tmp_path / "q", b""
    subprocess.run([CONQ, "put", "-q", queue, "--once", "a", "b", "c"], check=True)
    for files in range(6, 40):  # from too few for conq itself to enough for all jobs
        few = (lambda most=files: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)))
        done = subprocess.run([CONQ, verb, "-q", queue, "-j3", "true"], input=b"a\nb\nc\n",
                              stderr=subprocess.PIPE, preexec_fn=few, timeout=60, check=False)
        if done.returncode == 0:
            break
        told += done.stderr
        assert done.returncode == 1 and states(queue) == {0: 3}, (files, done.stderr)
    assert b"cannot run 'true': Too many open files: lower -j, or raise ulimit -n: no more" in told
    assert done.returncode == 0 and states(queue) == {2: 3}
