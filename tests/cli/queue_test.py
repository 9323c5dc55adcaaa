# SPDX-License-Identifier: BSL-1.0
"""conq run -q: each item gets one outcome, no matter what is killed."""
import collections
import contextlib
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import time

import pytest
from support import CONQ, TIMEOUT_S, conq, lines, start


def outcomes(queue):
    """State -> how many jobs have it, by the file."""
    with sqlite3.connect(queue) as base:
        return dict(base.execute("SELECT state, count(*) FROM job GROUP BY state"))


DONE, DEAD = 2, 3


def runs(log):
    return collections.Counter(log.read_text().split()) if log.exists() else {}


def wait_until(happened):
    """Looks until the condition holds, for at most the time that a test has."""
    end = time.monotonic() + TIMEOUT_S
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_what_succeeded_is_skipped_and_counted(tmp_path):
    words = ("-k", "-q", tmp_path / "q", "echo", "it is")
    first = conq(*words, items=lines(20))
    assert first.returncode == 0
    assert first.stdout == b"".join(b"it is %d\n" % i for i in range(1, 21))
    again = conq(*words, items=lines(22))
    assert again.stdout == b"it is 21\nit is 22\n" and again.returncode == 0
    assert b"20 items had succeeded before" in again.stderr


def test_what_was_done_before_is_not_printed_whatever_the_clock_says(tmp_path):
    words = ("-k", "-q", tmp_path / "q", "echo")
    assert conq(*words, items="a\n").stdout == b"a\n"
    with sqlite3.connect(tmp_path / "q") as base:  # as if the clock had been set back since
        base.execute("UPDATE job SET end_ms = end_ms + 3600000")
        base.execute("UPDATE output SET end_ms = end_ms + 3600000")
    assert conq(*words, items="a\nb\n").stdout == b"b\n"


def test_items_are_known_by_their_bytes_and_not_by_their_place(tmp_path):
    words = ("-k", "-q", tmp_path / "q", "echo")
    conq(*words, items="b\na\nb\n")
    again = conq(*words, items="new\nb\nb\nb\na\n")
    assert again.stdout == b"new\nb\n"  # the input has one b more than before


def test_other_jobs_of_the_queue_are_left_alone_and_counted(tmp_path):
    words = ("-q", tmp_path / "q", "echo")
    first = conq(*words, items="a\nb\nc\n")
    assert b"left alone" not in first.stderr
    # Plain put adds another job, even if its bytes are the same.
    subprocess.run([CONQ, "put", "-q", tmp_path / "q", "c"], check=True, timeout=TIMEOUT_S)
    again = conq(*words, items="c\n")
    assert again.returncode == 0 and again.stdout == b""
    told = b"3 other jobs of this queue, of other input or from plain put, were left alone"
    assert told in again.stderr
    assert outcomes(tmp_path / "q") == {DONE: 3, 0: 1}


def test_what_failed_runs_again_only_if_asked(tmp_path):
    good = tmp_path / "good"
    words = ("-q", tmp_path / "q")
    command = ("sh", "-c", f"[ -e {good} ] || [ $1 != 2 ]", "sh")
    assert conq(*words, *command, items=lines(3)).returncode == 123
    good.touch()
    again = conq(*words, *command, items=lines(3))
    assert again.returncode == 123 and b"1 items had failed before" in again.stderr
    assert conq(*words, "--retry-failed", *command, items=lines(3)).returncode == 0
    assert outcomes(tmp_path / "q") == {DONE: 3}


@pytest.mark.parametrize("verb", ["run", "work"])
@pytest.mark.parametrize("end", ["true", "exit 3"])
def test_an_outcome_whose_lease_was_lost_is_told_and_is_an_error(tmp_path, verb, end):
    queue = tmp_path / "q"
    subprocess.run([CONQ, "put", "-q", queue, "--once", "--attempts", "1", "a"], check=True,
                   timeout=TIMEOUT_S)
    script = f'{CONQ} done -q "$CONQ_QUEUE" $CONQ_ID.1 early && {end}'  # another process ends it
    run = subprocess.run([CONQ, verb, "-q", queue, "-s", script], input=b"a\n",
                         stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False)
    assert run.returncode == 1
    told = b"job 1, 'a': its lease was lost while it ran: this outcome is not stored"
    assert run.stderr.count(told) == 1
    assert outcomes(queue) == {DONE: 1}


def test_a_queue_that_is_shut_down_refuses_a_run_before_anything_is_run(tmp_path):
    queue, words = tmp_path / "q", ("-q", tmp_path / "q", "echo")
    assert conq(*words, items="a\n").returncode == 0
    subprocess.run([CONQ, "shutdown", "-q", queue], check=True, timeout=TIMEOUT_S)
    refused = conq(*words, items="a\nb\n")
    assert refused.returncode == 4 and refused.stdout == b""
    assert b"is shut down and takes no items: conq reopen lifts that" in refused.stderr
    assert outcomes(queue) == {DONE: 1}
    subprocess.run([CONQ, "reopen", "-q", queue], check=True, timeout=TIMEOUT_S)
    assert conq(*words, items="a\nb\n").stdout == b"b\n"


def test_a_pause_does_not_hold_back_a_run(tmp_path):
    words = ("-q", tmp_path / "q", "echo")
    conq(*words, items="a\n")
    subprocess.run([CONQ, "pause", "-q", tmp_path / "q"], check=True, timeout=TIMEOUT_S)
    assert conq(*words, items="b\n").stdout == b"b\n"


def test_another_command_is_refused_and_both_are_shown(tmp_path):
    assert conq("-q", tmp_path / "q", "echo", "a b", items=lines(1)).returncode == 0
    other = conq("-q", tmp_path / "q", "echo", "c", items=lines(2))
    assert other.returncode == 2 and other.stdout == b""
    assert b"echo 'a b'" in other.stderr and b"echo c" in other.stderr
    forced = conq("-q", tmp_path / "q", "--force", "echo", "c", items=lines(2))
    assert forced.stdout == b"c 2\n"


def test_a_file_that_is_no_queue_is_refused_and_left_alone(tmp_path):
    notes = tmp_path / "notes"
    notes.write_text("milk\n" * 2000)
    done = conq("-q", notes, "echo", items=lines(1))
    assert done.returncode == 1 and b"name another file" in done.stderr
    assert notes.read_text() == "milk\n" * 2000


def test_options_that_do_not_fit_are_wrong_use(tmp_path):
    for words in (("-n", "2"), ("--dry-run",)):
        assert conq("-q", tmp_path / "q", *words, "echo", items=lines(1)).returncode == 2
    for words in (("--retry-failed",), ("--force",), ("-q", "")):
        assert conq(*words, "echo", items=lines(1)).returncode == 2
    assert not (tmp_path / "q").exists()


def test_killed_at_random_moments_each_item_has_one_outcome(tmp_path):
    seed = int(os.environ.get("CONQ_SEED", "1"))
    print("seed", seed)
    dice = random.Random(seed)
    count, log = 300, tmp_path / "log"
    items = tmp_path / "items"
    items.write_text(lines(count))
    # Each job takes a byte, so no more of them end in a round than it has bytes for. Those that a
    # killed conq has left take some, too.
    os.mkfifo(tmp_path / "gate")
    gate = os.open(tmp_path / "gate", os.O_RDWR)
    words = ("-q", tmp_path / "q", "-a", items, "-j", "4", "sh", "-c",
             f"read x < {tmp_path / 'gate'}; echo $1 >> {log}", "sh")
    kills = 12
    for _ in range(kills):
        run = start(*words)
        ended_before = sum(runs(log).values())
        more = dice.randrange(1, 12)
        os.write(gate, b"\n" * more)
        wait_until(lambda: sum(runs(log).values()) >= ended_before + more)
        assert run.poll() is None
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=TIMEOUT_S)
    os.write(gate, b"\n" * 2 * count)
    assert conq(*words).returncode == 0
    os.close(gate)
    assert outcomes(tmp_path / "q") == {DONE: count}
    seen = runs(log)
    assert set(seen) == {str(i) for i in range(1, count + 1)}
    # Only the jobs that ran when their conq was killed ran again.
    assert sum(seen.values()) - count <= kills * 4
    with sqlite3.connect(tmp_path / "q") as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert conq(*words).stderr.startswith(b"conq: 300 items had succeeded before")


def test_an_item_whose_process_outlives_its_conq_does_not_run_twice_at_once(tmp_path):
    fifo, log = tmp_path / "fifo", tmp_path / "log"
    os.mkfifo(fifo)
    words = ("-q", tmp_path / "q", "-j", "2", "sh", "-c",
             f"echo begin >> {log}; cat {fifo} > /dev/null; echo end >> {log}", "sh")
    run = start(*words, ":::", "a")
    wait_until(lambda: runs(log))
    run.send_signal(signal.SIGKILL)
    run.wait(TIMEOUT_S)
    again = start(*words, ":::", "a")
    line = again.stderr.readline()
    assert b"waiting for items that run elsewhere (conq doctor -q " in line
    assert log.read_text() == "begin\n"
    fifo.write_text("")  # the first process ends
    wait_until(lambda: log.read_text().count("begin") == 2)
    fifo.write_text("")
    again.communicate(timeout=TIMEOUT_S)
    assert again.returncode == 0
    assert log.read_text() == "begin\nend\n" * 2
    assert outcomes(tmp_path / "q") == {DONE: 1}


def test_a_process_that_outlives_its_conq_keeps_its_item_beyond_the_lease(tmp_path):
    fifo, log, path = tmp_path / "fifo", tmp_path / "log", tmp_path / "q"
    os.mkfifo(fifo)
    queue = f"sqlite:{path}?lease=100ms"
    run = start("-q", queue, "-s", f"echo begin >> {log}; cat {fifo} > /dev/null", ":::", "a")
    wait_until(log.exists)
    run.send_signal(signal.SIGKILL)
    run.wait(TIMEOUT_S)

    def has_run_out():
        with sqlite3.connect(path) as base:
            due_ms, = base.execute("SELECT due_ms FROM job").fetchone()
        return due_ms < time.clock_gettime(time.CLOCK_MONOTONIC) * 1000
    wait_until(has_run_out)
    # A get looks for lost jobs every half a second.
    got = subprocess.run([CONQ, "get", "-q", queue, "--timeout", "1s"], capture_output=True,
                         timeout=TIMEOUT_S, check=False)
    assert got.stdout == b"", got.stderr
    fifo.write_text("")
    assert conq("-q", queue, "--force", "-s", "true", ":::", "a").returncode == 0


@pytest.mark.parametrize("first", ["", "exec >&- 2>&-; "], ids=["quiet", "closes its output"])
def test_an_item_runs_again_when_its_process_has_ended_whatever_that_has_left(tmp_path, first):
    fifo, log, queue, left = (tmp_path / name for name in ("fifo", "log", "q", "left"))
    os.mkfifo(fifo)
    words = ("-q", queue, "-s", f'{first}echo begin >> {log}; [ -e {left} ] && exit; '
             f'sleep 1000 & echo $! > {left}; read x < {fifo}')
    run = start(*words, ":::", "a")

    def process():
        with contextlib.suppress(sqlite3.OperationalError), sqlite3.connect(queue) as base:
            return (base.execute("SELECT process FROM job").fetchone() or [None])[0]
    wait_until(lambda: process() is not None)
    number, begin, _ = process().split(b".")
    stat = pathlib.Path(f"/proc/{number.decode()}/stat").read_bytes()
    assert stat.rpartition(b")")[2].split()[19] == begin
    run.send_signal(signal.SIGKILL)
    run.wait(TIMEOUT_S)
    try:
        again = start(*words, ":::", "a")
        assert b"run elsewhere" in again.stderr.readline()
        fifo.write_text("x\n")  # the first process ends; sleep still has the queue open
        again.communicate(timeout=TIMEOUT_S)
    finally:
        os.kill(int(left.read_text()), signal.SIGKILL)
    assert again.returncode == 0
    assert log.read_text() == "begin\n" * 2 and outcomes(queue) == {DONE: 1}


def test_what_a_killed_conq_has_left_is_named_and_can_be_killed(tmp_path):
    fifo, log, queue = tmp_path / "fifo", tmp_path / "log", tmp_path / "q"
    os.mkfifo(fifo)
    words = ("-j", "2", "-s", f'echo begin >> {log}; [ -e {tmp_path / "go"} ] || read x < {fifo}')
    doctor = (CONQ, "doctor", "-q", queue)
    run = start("-q", queue, *words, ":::", "a")
    wait_until(lambda: log.exists() and outcomes_or_none(queue).get(1) == 1)
    held = subprocess.run(doctor, stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_S).stdout
    assert b"(sh) has it open: job 1\n" in held and b"left behind" not in held
    run.send_signal(signal.SIGKILL)
    run.wait(TIMEOUT_S)
    left = subprocess.run(doctor, stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_S).stdout
    assert b"(sh) has it open: job 1, left behind by a conq that is no more\n" in left
    (tmp_path / "go").touch()
    again = conq("-q", queue, "--orphans", "kill", *words, ":::", "a")
    assert again.returncode == 0 and b"1 processes were killed" in again.stderr
    assert log.read_text() == "begin\n" * 2 and outcomes(queue) == {DONE: 1}


def test_what_a_living_conq_runs_is_not_killed(tmp_path):
    fifo, queue = tmp_path / "fifo", tmp_path / "q"
    os.mkfifo(fifo)
    words = ("-q", queue, "-j", "1", "-s", f'case "$1" in a) read x < {fifo};; esac')
    run = start(*words, ":::", "a")
    wait_until(lambda: outcomes_or_none(queue).get(1) == 1)
    other = conq(*words[:2], "--orphans", "kill", *words[2:], ":::", "b")
    assert other.returncode == 0 and b"killed" not in other.stderr
    fifo.write_text("x\n")
    run.communicate(timeout=TIMEOUT_S)
    assert run.returncode == 0 and outcomes(queue) == {DONE: 2}


def test_what_is_waited_for_runs_within_the_jobs_at_once(tmp_path):
    fifo, log = tmp_path / "fifo", tmp_path / "log"
    os.mkfifo(fifo)
    words = ("-q", tmp_path / "q", "-j", "1", "-s",
             f'[ "$1" = a ] && echo begin >> {log} && cat {fifo} > /dev/null; '
             f'echo "$1 $CONQ_SLOT" >> {log}')
    run = start(*words, ":::", "a")
    wait_until(log.exists)  # the job runs, and so outlives its conq
    run.send_signal(signal.SIGKILL)
    run.wait(TIMEOUT_S)
    again = start(*words, ":::", "b", "a")
    assert b"waiting for items that run elsewhere" in again.stderr.readline()
    fifo.write_text("")  # the first process ends, and nobody is notified
    wait_until(lambda: "a 1" in log.read_text())
    fifo.write_text("")
    again.communicate(timeout=TIMEOUT_S)
    assert again.returncode == 0
    assert sorted(log.read_text().splitlines()) == ["a 1", "a 1", "b 1", "begin", "begin"]


def test_two_runs_on_one_queue_share_the_work(tmp_path):
    log = tmp_path / "log"
    words = ("-k", "-q", tmp_path / "q", "-j", "2", "sh", "-c", f"echo $1 >> {log}; echo $1", "sh")
    pair = []
    for name in ("one", "two"):
        items = tmp_path / name
        items.write_text(lines(200))
        pair.append(start("-a", items, *words))
    outputs = [each.communicate(timeout=TIMEOUT_S)[0].split() for each in pair]
    assert [each.returncode for each in pair] == [0, 0]
    assert runs(log) == {str(i): 1 for i in range(1, 201)}
    for each in outputs:  # it also prints what the other run did meanwhile
        assert each == sorted(each, key=int)
    assert set(outputs[0]) | set(outputs[1]) == set(lines(200).encode().split())


def test_a_run_prints_what_another_did_for_it_meanwhile(tmp_path):
    fifo, queue = tmp_path / "fifo", tmp_path / "q"
    os.mkfifo(fifo)
    words = ("-k", "-q", queue, "-j1", "-s",
             f'case "$1" in b) cat {fifo};; esac; echo "did $1"; echo "err $1" >&2')
    conq(*words, items="a\n")
    one = start(*words, ":::", "b")
    wait_until(lambda: outcomes_or_none(queue).get(1) == 1)
    two = start(*words, ":::", "a", "b", "c")
    line = two.stderr.readline()
    while b"waiting for items that run elsewhere" not in line:
        assert line
        line = two.stderr.readline()
    fifo.write_text("")
    assert one.communicate(timeout=TIMEOUT_S)[0] == b"did b\n"
    printed, said = two.communicate(timeout=TIMEOUT_S)
    assert printed == b"did b\ndid c\n"  # but not what was done before it began
    assert b"err b\nerr c\n" in line + said


def test_an_interrupted_run_names_the_command_that_goes_on(tmp_path):
    fifo = pathlib.Path(tmp_path / "fifo")
    os.mkfifo(fifo)
    queue = tmp_path / "q"
    command = ("sh", "-c", f"cat {fifo}", "sh")
    run = start("-q", queue, "-j", "1", *command, ":::", "a", "b", "c")
    wait_until(lambda: queue.exists() and outcomes_or_none(queue).get(1) == 1)
    run.send_signal(signal.SIGTERM)
    _, said = run.communicate(timeout=TIMEOUT_S)
    assert run.returncode == 143
    assert b"run the same again: conq run -q" in said
    assert outcomes(queue) == {0: 1}  # handed back: it did not fail


def outcomes_or_none(queue):
    try:
        return outcomes(queue)
    except sqlite3.OperationalError:  # the table is not made yet
        return {}
