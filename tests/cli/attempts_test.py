# SPDX-License-Identifier: BSL-1.0
"""Attempts and time limits of items in a queue: put sets them, work and get keep to them."""
import json
import os
import subprocess

import pytest
from support import CONQ, TIMEOUT_S

FOREVER = "sleep 600"


@pytest.fixture(name="queue")
def queue_of(tmp_path):
    """Runs a verb on one queue."""
    def call(verb, *words, items=b""):
        return subprocess.run([CONQ, verb, "-q", tmp_path / "q", *map(os.fsencode, words)],
                              input=items, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=TIMEOUT_S, check=False)
    return call


def counts(queue):
    return json.loads(queue("ls", "--json").stdout)


def test_what_fails_at_work_is_tried_as_often_as_put_has_said(queue):
    queue("put", "--attempts", "2", "a")
    done = queue("work", "-s", "echo $CONQ_ATTEMPT; exit 7")
    assert done.returncode == 123
    assert done.stdout == b"2\n"  # the output of the last attempt
    assert b"exit code 7; attempt 1 of it, again in " in done.stderr
    assert b"1 of 1 jobs failed" in done.stderr
    job = counts(queue)["failed_jobs"][0]
    assert (job["attempts"], job["note"]) == (2, "exit code 7")


def test_a_failure_is_told_with_the_number_that_other_calls_take(queue):
    queue("put", "--attempts", "2", "a", "b")
    queue("get", "--", "true")
    told = queue("work", "false").stderr
    assert b"job 2, 'b': exit code 1; attempt 1 of it" in told
    assert b"job 2, 'b': exit code 1\n" in told
    assert queue("retry", "2").returncode == 0


def test_json_counts_the_tries_of_all_attempts(queue):
    queue("put", "--attempts", "2", "a")
    done = queue("work", "--json", "false")
    assert [json.loads(line)["tries"] for line in done.stdout.splitlines()] == [2]


def test_what_succeeds_at_a_later_attempt_has_succeeded(queue, tmp_path):
    queue("put", "a", "b")
    script = f'[ "$1" = b ] || [ -e {tmp_path}/seen ] || {{ touch {tmp_path}/seen; exit 1; }}'
    assert queue("work", "-j1", "-s", script).returncode == 0
    found = counts(queue)
    assert (found["done"], found["failed"]) == (2, 0)


def test_work_does_not_try_again_what_cannot_be_run(queue):
    queue("put", "a")
    assert queue("work", "no-such-command-{}").returncode == 127
    assert counts(queue)["failed_jobs"][0]["attempts"] == 1


@pytest.mark.parametrize("item, words, why", [
    (b"a\0b\n", ("echo",), "it has a NUL byte"),
    (b"a" * 200_000 + b"\n", ("echo",), "too long for an argument"),
    (b"a\n", ("--colsep", ",", "echo", "{2}"), ""),
], ids=["NUL", "too long", "no column"])
def test_work_does_not_try_again_an_item_that_can_never_be_run(queue, item, words, why):
    assert queue("put", items=item).returncode == 0
    done = queue("work", *words)
    assert done.returncode == 123 and b"again in" not in done.stderr
    job = counts(queue)["failed_jobs"][0]
    assert job["attempts"] == 1 and why in job["note"] and job["note"]


def test_run_on_a_queue_fails_at_once_and_counts_no_attempts_of_put(queue):
    done = queue("run", "-s", "echo $CONQ_ATTEMPT; exit 1", items=b"a\n")
    assert done.returncode == 123 and done.stdout == b"1\n"
    assert counts(queue)["failed"] == 1


def test_a_job_is_ended_at_the_limit_that_put_has_said(queue):
    queue("put", "--timeout", "100ms", "--attempts", "1", "a")
    done = queue("work", "-s", FOREVER)
    assert done.returncode == 124 and b"it took too long: more than 100ms" in done.stderr
    assert counts(queue)["failed_jobs"][0]["note"].startswith("it took too long")


def test_the_limit_of_who_runs_it_goes_before_that_of_put(queue):
    queue("put", "-t", "1h", "--attempts", "1", "a")
    assert queue("work", "-t", "100ms", "-s", FOREVER).returncode == 124
    queue("put", "-t", "1ms", "--attempts", "1", "a")
    assert queue("work", "-t", "1h", "--force", "-s", "sleep 0.2").returncode == 0


def test_run_stores_its_limit_with_the_item(queue):
    assert queue("run", "-t", "100ms", "-s", FOREVER, items=b"a\n").returncode == 124
    queue("retry")
    assert queue("work").returncode == 124  # the stored command, and the stored limit
    assert queue("run", "-t", "1h", "--force", "--retry-failed", "-s", ":",
                 items=b"a\n").returncode == 0


def test_get_ends_its_command_at_the_limit_and_all_that_it_has_started(queue):
    queue("put", "-t", "100ms", "--attempts", "1", "a")
    done = queue("get", "--", "sh", "-c", f"{FOREVER}; true", "{}")  # its pipe ends with the sleep
    assert done.returncode == 124
    assert b"it took too long: more than 100ms: a dead letter now" in done.stderr
    assert counts(queue)["failed_jobs"][0]["note"] == "it took too long: more than 100ms"


def test_an_item_that_get_hands_out_is_leased_for_longer_than_its_limit(queue):
    queue("put", "-t", "1ms", "--attempts", "1", "a")
    token = queue("get").stdout.split(b"\t")[0]
    assert queue("extend", os.fsdecode(token)).returncode == 0
    assert queue("done", os.fsdecode(token)).returncode == 0


def test_get_says_what_becomes_of_an_item_whose_command_failed(queue):
    queue("put", "a")
    done = queue("get", "--", "false")
    assert done.returncode == 1
    assert b"'a': exit code 1: handed out again after a while" in done.stderr


def test_a_limit_that_is_none_is_named(queue):
    done = queue("put", "-t", "soon", "a")
    assert done.returncode == 2 and b"soon" in done.stderr
