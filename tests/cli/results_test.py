# SPDX-License-Identifier: BSL-1.0
"""Where the output of jobs goes: --json, --tag, -o, conq out; and --delay."""
import base64
import json
import os
import signal
import sqlite3
import subprocess
import time

import pytest
from support import CONQ, TIMEOUT_S, conq, lines, start

TALKS = ("sh", "-c", 'echo "out $1"; echo "err $1" >&2; exit $1', "sh")
LARGE = 3_000_000  # bytes: more than a queue stores, and more than is kept in memory


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def out(queue, *words):
    return subprocess.run([CONQ, "out", "-q", queue, *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False)


def test_json_is_an_object_for_each_job():
    done = conq("-k", "--json", *TALKS, items="0\n3\n")
    assert done.returncode == 123
    good, bad = records(done)
    assert list(good) == ["v", "id", "seq", "item", "exit", "signal", "tries", "start_ms",
                          "duration_ms", "user_ms", "system_ms", "max_rss_kib", "stdout", "stderr"]
    assert (good["v"], good["id"], good["seq"], good["item"]) == (1, None, 1, "0")
    assert (good["exit"], good["stdout"], good["stderr"]) == (0, "out 0\n", "err 0\n")
    assert (bad["seq"], bad["exit"], bad["tries"]) == (2, 3, 1)
    assert abs(good["start_ms"] / 1000 - time.time()) < TIMEOUT_S
    assert good["max_rss_kib"] > 0


def test_json_says_what_became_of_a_job():
    killed, = records(conq("--json", "sh", "-c", "kill -9 $$", items="a\n"))
    assert (killed["exit"], killed["signal"]) == (0, 9)
    slow, = records(conq("--json", "-t", "10ms", "-s", "sleep 60", ":::", "a"))
    assert slow["exit"] == 124 and "too long" in slow["error"]
    again, = records(conq("--json", "--retries", "2", "false", items="a\n"))
    assert again["tries"] == 3
    unfit = records(conq("--json", "-0", "echo", items=b"a" * 200_000 + b"\0b\0"))
    assert sorted((each["tries"], "error" in each) for each in unfit) == [(0, True), (1, False)]


def test_json_holds_any_bytes():
    done, = records(conq("--json", "-0", "printf", "%s", items=b"\xff\n\0"))
    assert base64.b64decode(done["item_b64"]) == base64.b64decode(done["stdout_b64"]) == b"\xff\n"
    assert "item" not in done and "stdout" not in done and done["stderr"] == ""
    for size in range(1, 8):
        bytes_of = bytes(range(250, 250 - size, -1))
        done, = records(conq("--json", "printf", "%s", items=bytes_of))
        assert base64.b64decode(done["stdout_b64"]) == bytes_of


def test_json_of_several_items_lists_them():
    done, = records(conq("--json", "-n", "2", "echo", items="a\nb\n"))
    assert done["item"] == ["a", "b"]
    done, = records(conq("--json", "-n", "2", "echo", items=b"a\n\xff\n"))
    assert [base64.b64decode(each) for each in done["item_b64"]] == [b"a", b"\xff"]


def test_json_holds_large_outputs_and_says_what_it_leaves_out():
    done, = records(conq("--json", "-s", f"head -c {LARGE} /dev/zero", items="a\n"))
    assert done["stdout"] == "\0" * LARGE and "stdout_bytes" not in done
    size = (16 << 20) + 1
    done, = records(conq("--json", "-s", f"head -c {size} /dev/zero", items="a\n"))
    assert len(done["stdout"]) == 16 << 20 and done["stdout_bytes"] == size


def test_tag_stands_before_each_line():
    done = conq("-k", "--tag", "printf", "1\\n2", items="a b\nc\n")
    assert done.stdout == b"a b\t1\na b\t2\nc\t1\nc\t2\n"
    done = conq("--tag", *TALKS, items="0\n")
    assert (done.stdout, done.stderr) == (b"0\tout 0\n", b"0\terr 0\n")


def test_tag_of_output_that_does_not_fit_into_memory():
    done = conq("--tag", "seq", "{}", items="200000\n")
    assert done.stdout == b"".join(b"200000\t%d\n" % i for i in range(1, 200_001))


def test_output_goes_to_files(tmp_path):
    folder = tmp_path / "new" / "folder"
    done = conq("-o", folder, *TALKS, items="0\n0\n3\n")
    assert done.returncode == 123 and done.stdout == b""
    assert sorted(os.listdir(folder)) == [f"{i}.{end}" for i in (1, 2, 3) for end in ("err", "out")]
    assert (folder / "3.out").read_bytes() == b"out 3\n"
    assert (folder / "3.err").read_bytes() == b"err 3\n"
    conq("-o", folder, "seq", "{}", ":::", "200000")  # replaces the files
    assert (folder / "1.out").read_text() == lines(200_000)


def test_output_to_files_with_a_queue_is_named_by_the_job(tmp_path):
    words = ("-j1", "-q", tmp_path / "q", "-o", tmp_path / "out", "echo")
    conq(*words, items="a\nb\n")
    conq(*words, items="new\na\nb\n")
    texts = [(tmp_path / "out" / f"{i}.out").read_text() for i in (1, 2, 3)]
    assert texts == ["a\n", "b\n", "new\n"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    done = conq("-o", tmp_path / "file", "echo", items="a\n")
    assert done.returncode == 1 and b"-o takes a folder" in done.stderr
    (tmp_path / "out" / "1.out").mkdir(parents=True)
    done = conq("-o", tmp_path / "out", "echo", items="a\n")
    assert done.returncode == 1 and b"1.out" in done.stderr


def test_out_prints_what_a_job_has_written(tmp_path):
    queue = tmp_path / "q"
    conq("-j1", "-q", queue, *TALKS, items="0\n3\n")
    assert (out(queue, "1").stdout, out(queue, "1").stderr) == (b"out 0\n", b"err 0\n")
    assert out(queue, "2").stdout == b"out 3\n"
    record, = records(out(queue, "2", "--json"))
    assert (record["id"], record["item"], record["exit"]) == (2, "3", 3)


def test_out_prints_the_result_that_done_was_given(tmp_path):
    queue = tmp_path / "q"
    for verb, *words in (("put", "a"), ("get",), ("done", "1.1", "42")):
        subprocess.run([CONQ, verb, "-q", queue, *words], check=True, timeout=TIMEOUT_S,
                       stdout=subprocess.DEVNULL)
    assert out(queue, "1").stdout == b"42"


def test_out_says_why_there_is_none(tmp_path):
    queue = tmp_path / "q"
    subprocess.run([CONQ, "put", "-q", queue, "a"], check=True, timeout=TIMEOUT_S)
    for job, code, why in (("1", 1, b"not been run"), ("7", 1, b"unknown"), ("x", 2, b"'x'")):
        done = out(queue, job)
        assert done.returncode == code and why in done.stderr and done.stdout == b""


def test_a_queue_stores_the_begin_of_a_large_output(tmp_path):
    queue = tmp_path / "q"
    done = conq("-q", queue, "-s", f"head -c {LARGE} /dev/zero", items="a\n")
    assert len(done.stdout) == LARGE
    record, = records(out(queue, "1", "--json"))
    assert len(record["stdout"]) == 1 << 20 and record["stdout_bytes"] == LARGE


def test_replay_prints_what_was_printed_before(tmp_path):
    words = ("-k", "-j1", "-q", tmp_path / "q")  # so that the second item is job 2
    first = conq(*words, *TALKS, items="0\n3\n")
    plain = conq(*words, *TALKS, items="0\n3\n")
    assert plain.stdout == b"" and plain.returncode == 123
    again = conq(*words, "--replay", *TALKS, items="3\n0\n0\n")
    assert again.stdout == b"out 3\nout 0\nout 0\n" and again.returncode == 123
    tagged = conq(*words, "--replay", "--tag", *TALKS, items="0\n")
    assert tagged.stdout == b"0\tout 0\n"
    record, = records(conq(*words, "--replay", "--json", *TALKS, items="3\n"))
    assert (record["seq"], record["id"], record["exit"]) == (1, 2, 3)
    assert first.stdout == b"out 0\nout 3\n"


def test_replay_says_what_is_gone(tmp_path):
    words = ("-q", tmp_path / "q", "--replay", "echo")
    conq(*words, items=lines(2))
    with sqlite3.connect(tmp_path / "q") as base:
        base.execute("DELETE FROM output")
    done = conq(*words, items=lines(2))
    assert done.stdout == b"" and b"2 outputs of skipped items are not kept" in done.stderr


def test_keep_is_stored_with_the_queue(tmp_path):
    queue = tmp_path / "q"
    conq("-q", queue, "--keep", "echo", items=lines(1))
    with sqlite3.connect(queue) as base:
        base.execute("UPDATE output SET end_ms = 1")
    conq("-q", queue, "echo", items=lines(2))
    assert out(queue, "1").stdout == b"1\n"
    with sqlite3.connect(queue) as base:
        base.execute("UPDATE meta SET value = 0 WHERE name = 'flags'")
    conq("-q", queue, "echo", items=lines(3))
    gone = out(queue, "1")
    assert gone.returncode == 1 and b"no output is kept" in gone.stderr


def test_delay_keeps_begins_apart():
    done = conq("-j8", "--delay", "20ms", "--json", "true", items=lines(4))
    begins = sorted(each["start_ms"] for each in records(done))
    assert len(begins) == 4 and begins[-1] - begins[0] >= 3 * 20 - 3  # times are cut to whole ms


def test_an_interrupt_ends_a_delay_and_begins_nothing():
    run = start("-j4", "--delay", "1h", "-s", 'echo "$1"', ":::", *"abcdef")
    assert run.stdout.readline() != b""
    run.send_signal(signal.SIGINT)
    printed, said = run.communicate(timeout=TIMEOUT_S)
    assert printed == b"" and run.returncode == 130
    assert b"1 jobs ended" in said


def test_an_interrupt_of_a_delay_hands_jobs_back(tmp_path):
    run = start("-q", tmp_path / "q", "-j4", "--delay", "1h", "-s", 'echo "$1"', ":::", *"abcdef")
    assert run.stdout.readline() != b""
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=TIMEOUT_S)
    assert run.returncode == 130
    with sqlite3.connect(tmp_path / "q") as base:
        states = dict(base.execute("SELECT state, count(*) FROM job GROUP BY state"))
    assert states.pop(2) == 1 and set(states) <= {0}  # done, ready


@pytest.mark.parametrize("words", [("--json", "--tag"), ("--json", "-o", "x"), ("-o", ""),
                                   ("--replay",), ("--keep",), ("--delay", "soon")])
def test_options_that_do_not_fit_are_wrong_use(words, tmp_path):
    done = conq(*words, "echo", items=lines(1), cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith(b"conq: ") and done.stdout == b""
