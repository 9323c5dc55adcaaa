# SPDX-License-Identifier: BSL-1.0
"""conq run: output of jobs, and what happens when it has nowhere to go."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile

import pytest
from support import conq, lines, start


def test_output_of_a_job_stays_together():
    script = 'for i in 1 2 3 4 5; do echo "$1 $i"; done'
    done = conq("-j4", "sh", "-c", script, "sh", items=lines(200))
    blocks = [done.stdout.splitlines()[i:i + 5] for i in range(0, 1000, 5)]
    for block in blocks:
        item = block[0].split()[0]
        assert block == [item + b" %d" % i for i in range(1, 6)]
    assert sorted(int(b[0].split()[0]) for b in blocks) == list(range(1, 201))


def test_keep_order_prints_in_input_order():
    # The first job waits for the last one, but its output still comes first.
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
        go = os.open(fifo, os.O_RDWR)
        done = conq("sh", "-c", f"(read line < {fifo}) & echo $1", "sh", items="a\nb\n")
        assert sorted(done.stdout.split()) == [b"a", b"b"] and done.returncode == 0
        os.write(go, b"x\nx\n")  # lets the two processes that were left behind end
        os.close(go)


def test_a_process_left_behind_that_writes_and_stays_does_not_hold_the_job(tmp_path):
    group = tmp_path / "group"
    # It does not write for ever: if the job itself is slow to end, all of that is output.
    script = f"echo $$ > {group}; {{ yes | head -c 20000000; sleep 1000; }} & echo $1"
    try:
        done = conq("-k", "sh", "-c", script, "sh", items="a\n")
    finally:
        os.killpg(int(group.read_text()), signal.SIGKILL)
    assert done.returncode == 0 and b"a\n" in done.stdout


def test_a_full_disk_on_stdout_is_an_own_error():
    with open("/dev/full", "wb") as full:
        done = conq("echo", items=lines(5), stdout=full)
    assert done.returncode == 1
    assert b"cannot write standard output: No space left" in done.stderr


@pytest.mark.parametrize("words", [["--dry-run", "echo"], ["--help"]])
def test_what_conq_prints_itself_has_to_be_written(words):
    read_end, write_end = os.pipe()
    os.close(read_end)
    for says, stdout in ((b"No space left", "/dev/full"), (b"Broken pipe", write_end)):
        with open(stdout, "wb") as nowhere:
            done = conq(*words, items=lines(50_000), stdout=nowhere)
        assert done.returncode == 1
        assert b"cannot write standard output: " + says in done.stderr


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
def test_no_job_is_started_once_the_output_is_closed(tmp_path, order):
    ran = tmp_path / "ran"
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = conq(*order, "-j1", "sh", "-c", "echo 1 | tee -a $0", ran, items=lines(1000),
                stdout=write_end)
    os.close(write_end)
    assert done.returncode == 1 and ran.read_text() == "1\n"
    assert b"cannot write standard output: Broken pipe: no more items are taken" in done.stderr


def test_a_standard_output_closed_from_the_start_is_an_own_error():
    done = conq("echo", items=lines(2), stdout=None, preexec_fn=lambda: os.close(1))
    assert done.returncode == 1 and b"cannot write standard output: Bad file" in done.stderr
    assert conq("true", items=lines(2), stdout=None,
                preexec_fn=lambda: os.close(1)).returncode == 0


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
    assert re.search(rb"spool file in .*: No space left .*: set TMPDIR .*no more items",
                     done.stderr)
    ended = int(re.search(rb"(\d+) jobs ended", done.stderr)[1])
    assert ended <= 2, "no job is started after it"
    assert len(done.stdout) == ended * 3_000_000
    runs = re.findall(rb"a+|b+|c+|d+", done.stdout)
    assert all(len(run) % 3_000_000 == 0 for run in runs)


def test_no_temporary_folder_is_said():
    done = conq("-j1", "head", "-c", "100000", "/dev/zero", items="a\n",
                env={**os.environ, "TMPDIR": "/no/such/folder"})
    assert done.returncode != 0 and b"TMPDIR" in done.stderr
