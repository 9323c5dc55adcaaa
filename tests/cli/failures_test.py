# SPDX-License-Identifier: BSL-1.0
"""conq run: time limits, retries, --halt, --joblog, and the environment of jobs."""
import csv
import os
import signal
import subprocess

import pytest
from support import CONQ, TIMEOUT_S, Held, conq, lines, start, stopped_beyond_limit


def test_a_job_that_takes_too_long_is_ended_and_the_code_is_124(tmp_path):
    queue = tmp_path / "q"
    for item, limit in (("1", []), ("2", ["-t", "3s"]), ("3", [])):  # the others have no limit
        subprocess.run([CONQ, "put", "-q", queue, "--once", *limit, item], check=True,
                       timeout=TIMEOUT_S)
    done = conq("-k", "-q", queue, "-s", 'echo $1; [ $1 = 2 ] && exec sleep 600; true',
                items=lines(3))
    assert done.stdout == lines(3).encode() and done.returncode == 124
    assert b"job 2, '2': it took too long: more than 3s" in done.stderr


def test_a_time_limit_ends_what_the_job_has_started():
    held = Held()
    done = conq("-t", "3s", "-s", "sleep 600 & sleep 600; true", items=lines(1),
                pass_fds=held.fds)
    held.let_go()
    assert done.returncode == 124 and held.has_ended()


def test_a_time_limit_holds_for_a_job_that_has_closed_its_output():
    assert conq("-t", "300ms", "-s", "exec sleep 600 >&- 2>&-", items=lines(1)).returncode == 124


def test_a_job_that_ignores_sigterm_is_killed_after_the_grace():
    # The signal is ignored from the start: the shell's trap might come after the limit.
    done = conq("-t", "100ms", "sleep", "600", items=b"0\n",
                preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN))
    assert done.returncode == 124


def test_a_job_within_its_time_is_left_alone():
    assert conq("-t", "50s", "true", items=lines(50)).returncode == 0


def test_a_job_that_ends_in_time_counts_so_although_conq_was_stopped_beyond_its_limit():
    """Ctrl-Z and fg do this."""
    run = start("-t", "3s", "-s", "kill -STOP $PPID; echo ended")
    run.stdin.write(b"1\n")
    run.stdin.close()
    stopped_beyond_limit(run, 3)
    assert run.stdout.read() == b"ended\n" and run.wait(TIMEOUT_S) == 0
    run.stdout.close()
    run.stderr.close()


def test_124_is_only_for_runs_in_which_nothing_else_has_failed():
    # An item with a NUL byte fails without a process, so no limit can come first.
    done = conq("-t", "300ms", "sleep", items=b"600\n6\x0000\n")
    assert b"took too long" in done.stderr and b"NUL" in done.stderr
    assert done.returncode == 123


def test_a_failed_job_is_run_again_and_its_last_output_counts(tmp_path):
    script = 'echo try $CONQ_ATTEMPT of $1; [ $CONQ_ATTEMPT = 3 ]'
    done = conq("-k", "--retries", "5", "-s", script, items=lines(3))
    assert done.stdout == b"".join(b"try 3 of %d\n" % i for i in (1, 2, 3))
    assert done.returncode == 0 and done.stderr.count(b"run again") == 6
    assert b"job 1, '1': exit code 1; run again (2 of 5)" in done.stderr


def test_retries_end(tmp_path):
    log = tmp_path / "log"
    done = conq("--retries", "2", "-s", f"echo x >> {log}; kill -9 $$", items=lines(1))
    assert log.read_text() == "x\n" * 3 and done.returncode == 125


def test_output_of_a_try_that_failed_is_dropped_wherever_it_is_kept():
    big = 'head -c 300000 /dev/zero | tr "\\0" $CONQ_ATTEMPT; [ $CONQ_ATTEMPT = 2 ]'
    done = conq("--retries", "1", "-s", big, items=lines(2))
    assert done.stdout == b"2" * 600_000 and done.returncode == 0


def test_what_cannot_run_is_not_run_again():
    done = conq("--retries", "3", "{}", items="no-such-command\n")
    assert done.returncode == 127 and b"run again" not in done.stderr


def test_an_interrupt_ends_the_wait_before_a_retry():
    run = start("--retries", "3", "--backoff", "1h", "-s", "exit 4")
    run.stdin.write(b"1\n")
    run.stdin.flush()
    assert b"run again (1 of 3)" in run.stderr.readline()
    run.send_signal(signal.SIGINT)
    assert run.wait(60) == 130 and b"exit code 4" in run.stderr.read()


def test_halt_takes_no_more_items():
    done = conq("-j", "1", "--halt", "3", "-s", "exit 9", items=lines(10_000))
    assert done.returncode == 123 and b"3 of 3 jobs have failed" in done.stderr
    assert b"were read and not started" in done.stderr


def test_halt_by_a_share_waits_for_ten_jobs():
    done = conq("-j", "1", "--halt", "50%", "-s", "[ $1 -gt 5 ]", items=lines(10_000))
    assert b"5 of 10 jobs have failed" in done.stderr
    assert conq("-j", "1", "--halt", "60%", "-s", "[ $1 -gt 5 ]", items=lines(100)
                ).stderr.count(b"--halt") == 0


def log_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_a_job_log_has_a_line_for_each_run_of_a_job(tmp_path):
    log = tmp_path / "log"
    script = 'echo "$1"; [ "$1" = 2 ] && kill -9 $$; [ "$1" = 3 ] && exit 7; true'
    conq("--joblog", str(log), "-s", script, items="1\n2\n3\na b\n")
    jobs = {int(job["Seq"]): job for job in log_of(log)}
    assert {seq: (job["Exitval"], job["Signal"]) for seq, job in jobs.items()} == {
        1: ("0", "0"), 2: ("0", "9"), 3: ("7", "0"), 4: ("0", "0")}
    assert jobs[4]["Receive"] == "4" and jobs[4]["Command"].endswith("'a b'")
    assert float(jobs[1]["Starttime"]) > 0 and float(jobs[1]["JobRuntime"]) >= 0
    conq("--joblog", str(log), "--retries", "1", "false", items="5\n")
    assert [job["Exitval"] for job in log_of(log)[4:]] == ["1", "1"]


def test_a_job_log_says_what_timed_out_and_what_was_not_found(tmp_path):
    log = tmp_path / "log"
    conq("--joblog", str(log), "-t", "200ms", "{}", "60", items="sleep\nno-such-command\n")
    assert sorted(job["Exitval"] for job in log_of(log)) == ["124", "127"]


def test_a_job_log_that_cannot_be_written_is_named(tmp_path):
    done = conq("--joblog", str(tmp_path), "true", items=lines(1))
    assert done.returncode == 1 and os.fsencode(tmp_path) in done.stderr
    done = conq("--joblog", "/dev/full", "true", items=lines(1))
    assert done.returncode == 1 and b"No space left" in done.stderr


def test_a_job_knows_its_numbers():
    done = conq("-k", "-j", "1", "-s", "echo $CONQ_SEQ $CONQ_SLOT $CONQ_ATTEMPT", items=lines(2),
                env={**os.environ, "CONQ_SEQ": "old"})
    assert done.stdout == b"1 1 1\n2 1 1\n"


@pytest.mark.parametrize("words, told", [
    (("-t", "5x"), b"-t '5x': give a length of time"), (("-t", "0"), b"from 1ms"),
    (("-t", "-1s"), b"-t '-1s'"), (("-t", ""), b"-t ''"), (("-t", "1e999"), b"-t"),
    (("-t", "400d"), b"365d"), (("--backoff", "1s"), b"without --retries"),
    (("--retries", "-1"), b"--retries"), (("--halt", "0"), b"--halt '0'"),
    (("--halt", "101%"), b"--halt '101%'"), (("--halt", "x"), b"--halt 'x'"),
    (("--joblog", ""), b"--joblog"),
])
def test_bad_values_are_named(words, told):
    done = conq(*words, "true", items=lines(1))
    assert done.returncode == 2 and told in done.stderr


@pytest.mark.parametrize("text", ["90000ms", "90.5s", "90.5", "1.5m", "0.05h", "0.001d"])
def test_every_unit_is_taken(text):
    assert conq("-t", text, "true", items=lines(1)).returncode == 0
