# SPDX-License-Identifier: BSL-1.0
"""The verbs: they make the calls of a queue available in a shell."""
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time

import pytest
from support import CONQ, TIMEOUT_S, stopped_beyond_limit

NOTHING, SHUT_DOWN, LEASE_LOST, SOME_DEAD = 3, 4, 5, 123
DONE = 2


@pytest.fixture(name="queue")
def queue_of(tmp_path):
    """Runs a verb on one queue."""
    def call(verb, *words, items=b"", **options):
        items = items.encode() if isinstance(items, str) else items
        return subprocess.run([CONQ, verb, "-q", call.path, *map(os.fsencode, words)], input=items,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S,
                              check=False, **options)
    call.path = tmp_path / "q"
    return call


def start(queue, verb, *words):
    return subprocess.Popen([CONQ, verb, "-q", queue.path, *map(os.fsencode, words)],
                            stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def get(queue, *words):
    """Gets an item. Returns its token and the item."""
    done = queue("get", "--timeout", "0", *words)
    assert done.returncode == 0, done.stderr
    token, item = done.stdout.rstrip(b"\n").split(b"\t", 1)
    return token.decode(), item


def counts(queue):
    return json.loads(queue("ls", "--json").stdout)


def test_put_and_get_are_first_in_first_out(queue):
    assert queue("put", items="a\nb c\n").returncode == 0
    assert queue("put", "d", "-").returncode == 0
    assert [get(queue)[1] for _ in range(4)] == [b"a", b"b c", b"d", b"-"]
    empty = queue("get", "--timeout", "0")
    assert empty.returncode == NOTHING and empty.stdout == b""


def test_an_item_that_was_got_is_not_handed_out_again_until_its_token_ends(queue):
    queue("put", "a", "b")
    token, _ = get(queue)
    assert queue("done", token, "well").returncode == 0
    late = queue("done", token)
    assert late.returncode == LEASE_LOST and b"nothing was changed" in late.stderr
    token, _ = get(queue)
    assert queue("release", token).returncode == 0
    token, item = get(queue)
    assert item == b"b" and queue("extend", token, "--lease", "1h").returncode == 0
    assert queue("fail", token, "no luck").returncode == 0
    found = counts(queue)
    assert (found["done"], found["failed"], found["running"]) == (1, 1, 0)
    assert found["failed_jobs"][0]["note"] == "no luck"


def test_a_lease_whose_time_is_over_is_handed_out_again(queue):
    queue("put", "a")
    stale, _ = get(queue, "--lease", "1ms")
    again = queue("get", "--timeout", "10")
    assert again.stdout.endswith(b"\ta\n")
    assert queue("fail", stale, "--again").returncode == LEASE_LOST


def test_fail_again_hands_it_out_after_the_delay(queue):
    queue("put", "--attempts", "2", "a")
    token, _ = get(queue)
    assert queue("fail", token, "--again", "--delay", "1ms").returncode == 0
    token = queue("get", "--timeout", "10").stdout.split(b"\t")[0].decode()
    assert queue("fail", token, "--again", "--delay", "1h").returncode == 0  # the last attempt
    assert counts(queue)["failed"] == 1


def test_get_holds_the_item_while_its_command_runs(queue):
    queue("put", "it is", "bad")
    good = queue("get", "--", "sh", "-c", 'echo "$1 $CONQ_ID $CONQ_ATTEMPT $CONQ_QUEUE"', "sh",
                 "{}")
    assert good.returncode == 0
    assert good.stdout == f"it is 1 1 {queue.path}\n".encode()
    assert queue("get", "--", "sh", "-c", "exit 7", "{}").returncode == 7
    found = counts(queue)
    assert (found["done"], found["delayed"]) == (1, 1)


def test_what_ends_in_time_is_done_although_get_was_stopped_beyond_its_limit(queue):
    queue("put", "-t", "3s", "--attempts", "1", "a")
    run = start(queue, "get", "--", "sh", "-c", "kill -STOP $PPID; exit 0", "{}")
    stopped_beyond_limit(run, 3)
    assert run.communicate(timeout=TIMEOUT_S)[1] == b"" and run.returncode == 0
    assert counts(queue)["done"] == 1


@pytest.mark.parametrize("limit", [[], ["-t", "1h"]])
def test_a_signal_that_comes_while_the_command_begins_is_passed_on(queue, limit):
    """It came to nothing while get wrote down who does the job."""
    queue("put", *limit, items=b"a\n" * 20)
    for _ in range(20):
        run = start(queue, "get", "--", "sh", "-c", "kill -TERM $PPID; read none", "{}")
        assert run.wait(TIMEOUT_S) == 128 + signal.SIGTERM
        run.communicate(timeout=TIMEOUT_S)


def test_the_item_of_a_get_that_is_killed_with_its_command_comes_back(queue):
    queue("put", "a")
    run = start(queue, "get", "--", "sh", "-c", "echo started; read none", "{}")
    assert run.stdout.readline() == b"started\n"
    assert queue("get", "--timeout", "0").returncode == NOTHING
    children = pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    for each in (run.pid, *map(int, children)):
        os.kill(each, signal.SIGKILL)
    run.communicate(timeout=TIMEOUT_S)
    assert queue("get", "--timeout", "20").stdout.endswith(b"\ta\n")


def test_what_outlives_a_killed_get_keeps_the_item(queue, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    queue("put", "a")
    run = start(queue, "get", "--", "sh", "-c", f"echo started; cat {fifo}", "{}")
    assert run.stdout.readline() == b"started\n"
    run.send_signal(signal.SIGKILL)
    with sqlite3.connect(queue.path) as base:  # now its conq cannot renew the lease any more
        left_ms = base.execute("SELECT due_ms FROM job").fetchone()[0] - awake_ms()
    assert left_ms > 24 * 3600 * 1000
    assert queue("get", "--timeout", "0").returncode == NOTHING
    fifo.write_text("")  # the command ends
    assert queue("get", "--timeout", "20").stdout.endswith(b"\ta\n")
    run.communicate(timeout=TIMEOUT_S)


def awake_ms():
    return time.clock_gettime(time.CLOCK_MONOTONIC) * 1000


def test_a_job_may_put_into_its_own_queue_from_any_folder(queue, tmp_path):
    script = f'cd / && case "$1" in a) {CONQ} put b;; *) echo "$1"; esac'
    subprocess.run([CONQ, "put", "-q", "q", "a"], cwd=tmp_path, check=True, timeout=TIMEOUT_S)
    done = subprocess.run([CONQ, "work", "-q", "q", "-j1", "-s", script], cwd=tmp_path,
                          stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_S)
    assert done.stdout == b"b\n"
    assert counts(queue)["done"] == 2


def test_a_url_names_a_queue_and_its_options(queue, tmp_path):
    def run(verb, name, *words):
        return subprocess.run([CONQ, verb, "-q", name, *words], cwd=tmp_path, check=False,
                              timeout=TIMEOUT_S, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run("put", "sqlite:q?durability=power", "a").returncode == 0
    done = run("work", "sqlite:q?durability=process", "-s", 'echo "$1 $CONQ_QUEUE"')
    assert done.stdout == f"a sqlite:{queue.path}?durability=process\n".encode()
    assert counts(queue)["done"] == 1
    assert run("put", "./redis:x?y%", "a").returncode == 0 and (tmp_path / "redis:x?y%").exists()
    for name, why in (("redis:x", b"unknown scheme"), ("sqlite:q?no=1", b"unknown key"),
                      ("memory:", b"name a file")):
        wrong = run("put", name, "a")
        assert wrong.returncode == 2 and why in wrong.stderr, wrong.stderr


def test_a_command_that_is_not_there_takes_no_item(queue):
    queue("put", "a")
    missing = queue("get", "--", "no-such-command")
    assert missing.returncode == 127 and b"'no-such-command' is not found" in missing.stderr
    assert counts(queue)["ready"] == 1


def test_put_takes_any_words_behind_the_sign(queue):
    assert queue("put", ":::", "-x", ":::", "b").returncode == 0
    assert [get(queue)[1] for _ in range(3)] == [b"-x", b":::", b"b"]
    assert queue("put", "a", ":::", "b").returncode == 2


def test_put_reads_standard_input_if_the_file_is_a_hyphen(queue):
    assert queue("put", "-a", "-", items="a\n").returncode == 0
    assert get(queue)[1] == b"a"


def test_put_once_and_key_add_what_is_not_known(queue):
    for _ in range(2):
        queue("put", "--once", items="a\nb\na\n")
        queue("put", "--key", "k", "c")
    assert counts(queue)["ready"] == 4
    wrong = queue("put", "--key", "k", "c", "d")
    assert wrong.returncode == 2 and b"--key names one item" in wrong.stderr


def test_what_put_once_has_put_is_known_to_run(queue):
    queue("put", "--once", items="a\nb\n")
    done = subprocess.run([CONQ, "run", "-k", "-q", queue.path, "echo"], input=b"a\nb\na\n",
                          stdout=subprocess.PIPE, timeout=TIMEOUT_S, check=True)
    assert done.stdout == b"a\nb\na\n"
    assert counts(queue)["done"] == 3


def test_lower_priorities_are_handed_out_first(queue):
    queue("put", "--priority", "1", "b")
    queue("put", "--priority=-1", "a")
    assert [get(queue)[1] for _ in range(2)] == [b"a", b"b"]


def test_join_waits_and_tells_of_dead_letters(queue):
    queue("put", "a")
    assert queue("join", "--timeout", "0").returncode == NOTHING
    join = start(queue, "join")
    token, _ = get(queue)
    queue("done", token)
    assert join.wait(TIMEOUT_S) == 0
    queue("put", "b")
    queue("fail", get(queue)[0])
    assert queue("join").returncode == SOME_DEAD


def test_retry_cancel_and_drop(queue):
    queue("put", "a", "b", "c")
    queue("fail", get(queue)[0])
    assert queue("cancel", "3").returncode == 0
    refused = queue("cancel", "1")
    assert refused.returncode == 1 and b"cannot be cancelled" in refused.stderr
    assert queue("retry", "3").returncode == 0
    assert b"1 jobs are ready" in queue("retry").stderr
    assert queue("drop").returncode == 2
    for _ in range(3):
        queue("done", get(queue)[0])
    assert queue("drop", "2").returncode == 0
    assert b"2 jobs are forgotten" in queue("drop", "--done").stderr
    assert counts(queue)["done"] == 0


def test_pause_and_shutdown_last_until_they_are_lifted(queue):
    queue("put", "a")
    queue("pause")
    assert queue("get", "--timeout", "0").returncode == NOTHING
    queue("resume")
    queue("shutdown")
    refused = queue("put", "b")
    assert refused.returncode == SHUT_DOWN and b"conq reopen" in refused.stderr
    queue("done", get(queue)[0])
    assert queue("get").returncode == SHUT_DOWN
    queue("reopen")
    assert queue("put", "b").returncode == 0
    queue("shutdown", "--now")
    assert counts(queue)["cancelled"] == 1


def test_work_runs_a_command_on_what_was_put_and_remembers_it(queue):
    queue("put", items="a\nb\n")
    done = queue("work", "-j1", "sh", "-c", 'echo "$1 $CONQ_ID"', "sh", "{}")
    assert done.returncode == 0 and done.stdout == b"a 1\nb 2\n"
    queue("put", "c d")
    assert queue("work").stdout == b"c d 3\n"
    assert queue("work", "echo").returncode == 2  # another command
    assert counts(queue)["done"] == 3


def test_work_without_a_command_anywhere_is_wrong_use(queue):
    queue("put", "a")
    refused = queue("work")
    assert refused.returncode == 2 and b"no command is stored" in refused.stderr
    assert counts(queue)["ready"] == 1


def test_what_fails_at_work_as_often_as_it_may_is_a_dead_letter(queue):
    queue("put", "--attempts", "1", "1", "0")
    assert queue("work", "-j1", "sh", "-c", "exit $1", "sh").returncode == 123
    found = counts(queue)
    assert (found["done"], found["failed"]) == (1, 1)
    assert found["failed_jobs"][0]["note"] == "exit code 1"


def test_work_says_that_it_waits_for_what_is_held_elsewhere(queue):
    queue("put", "a", "b")
    token, _ = get(queue)
    work = start(queue, "work", "echo")
    assert work.stdout.readline() == b"b\n"
    assert b"waiting for items that run elsewhere (conq doctor -q " in work.stderr.readline()
    assert queue("done", token).returncode == 0
    printed, told = work.communicate(timeout=TIMEOUT_S)
    assert (work.returncode, printed, told) == (0, b"", b"")


def test_work_that_follows_ends_when_the_queue_is_shut_down(queue):
    queue("put", "a")
    work = start(queue, "work", "--follow", "-j2", "echo")
    assert work.stdout.readline() == b"a\n"
    queue("put", "b")
    assert work.stdout.readline() == b"b\n"
    queue("shutdown")
    assert work.wait(TIMEOUT_S) == 0


def test_several_at_work_share_the_items_and_each_is_done_once(queue, tmp_path):
    log = tmp_path / "log"
    queue("put", items="".join(f"{i}\n" for i in range(100)))
    crew = [start(queue, "work", "-j2", "sh", "-c", f"echo $1 >> {log}", "sh") for _ in range(3)]
    crew[0].send_signal(signal.SIGKILL)
    for each in crew:
        each.communicate(timeout=TIMEOUT_S)
    assert [each.returncode for each in crew[1:]] == [0, 0]
    assert set(map(int, log.read_text().split())) == set(range(100))
    assert counts(queue)["done"] == 100


def test_a_slow_input_is_put_as_it_comes(queue):
    put = subprocess.Popen([CONQ, "put", "-q", queue.path], stdin=subprocess.PIPE)
    put.stdin.write(b"a\n")
    put.stdin.flush()
    end = time.monotonic() + TIMEOUT_S
    while not queue.path.exists() or queue("get", "--timeout", "0").returncode != 0:
        assert time.monotonic() < end
    put.stdin.close()
    assert put.wait(TIMEOUT_S) == 0


def test_ls_shows_what_runs_and_what_failed(queue):
    queue("put", "one", "two\x01")
    get(queue)
    queue("fail", get(queue)[0], "why")
    text = queue("ls").stdout.decode()
    assert text.startswith("0 ready, 0 delayed, 1 running, 0 done, 1 failed, 0 cancelled\n")
    assert "running 1\t'one'\tfor " in text and "failed 2\t'two\\x01'\twhy" in text


def test_ls_shows_a_reason_in_one_line(queue):
    queue("put", "a")
    queue("fail", get(queue)[0], "it's\n\x1b[31mred" + "x" * 300)
    last = queue("ls").stdout.splitlines()[-1]
    assert last.startswith(b"failed 1\t'a'\tit's\\x0a\\x1b[31mred") and b"313 bytes" in last
    assert counts(queue)["failed_jobs"][0]["note"].startswith("it's\n\x1b[31mred")


def test_doctor_finds_damage_and_who_has_the_file(queue):
    queue("put", "a")
    holder = start(queue, "get", "--", "sh", "-c", "echo started; read none", "{}")
    holder.stdout.readline()
    sound = queue("doctor")
    assert sound.returncode == 0 and f"process {holder.pid} (".encode() in sound.stdout
    holder.terminate()
    assert holder.wait(TIMEOUT_S) == 128 + signal.SIGTERM  # its command's standard input is open
    holder.communicate(timeout=TIMEOUT_S)
    with sqlite3.connect(queue.path) as base:
        base.execute("UPDATE job SET attempts = attempts + 1")
    damaged = queue("doctor")
    assert damaged.returncode == 1 and b"job 1 does not match" in damaged.stderr


@pytest.mark.parametrize("words", [
    ("get", "-q", "none"), ("ls", "-q", "none"), ("work", "-q", "none", "echo"),
])
def test_a_queue_that_is_not_there_is_not_made_by_looking(words, tmp_path):
    done = subprocess.run([CONQ, *words], cwd=tmp_path, stderr=subprocess.PIPE, check=False,
                          timeout=TIMEOUT_S)
    assert done.returncode == 1 and b"'none'" in done.stderr
    assert not list(tmp_path.iterdir())


def test_wrong_words_are_named(queue):
    for words in (("done", "x"), ("done",), ("cancel",), ("cancel", "x"), ("get", "--"),
                  ("get", "--lease", "soon"), ("get", "--lease", "0"),
                  ("extend", "1.1", "--lease", "0"), ("fail", "1.1", "--delay", "1s"),
                  ("ls", "--no-such")):
        queue("put", "a")
        done = queue(*words)
        assert done.returncode == 2 and done.stderr.startswith(b"conq: "), words
    assert subprocess.run([CONQ, "get"], stderr=subprocess.PIPE, check=False,
                          timeout=TIMEOUT_S).returncode == 2


def test_of_an_option_that_is_given_twice_the_last_value_counts(queue):
    assert queue("put", "-q", "none", "-q", queue.path, "--priority", "x", "a").returncode == 2
    assert queue("put", "--priority", "1", "--priority", "3", "a").returncode == 0
    assert queue("put", "--priority", "2", "b").returncode == 0
    assert get(queue, "--timeout", "9", "--timeout", "0")[1] == b"b"
    words = ("-j2", "-j1", "-d,", "-d;", "-k", "-k", "-n", "1", "-n", "2", "-t", "1ms", "-t", "1h")
    done = subprocess.run([CONQ, "run", *words, "echo"], input=b"a,b;c", check=True,
                          stdout=subprocess.PIPE, timeout=TIMEOUT_S)
    assert done.stdout == b"a,b c\n"


def test_the_queue_may_be_named_by_the_environment(queue):
    env = {**os.environ, "CONQ_QUEUE": str(queue.path)}
    for words in (("put", "a"), ("get", "--timeout", "0")):
        done = subprocess.run([CONQ, *words], env=env, stdout=subprocess.PIPE, check=False,
                              timeout=TIMEOUT_S)
        assert done.returncode == 0
    assert done.stdout == b"1.1\ta\n"


def test_every_verb_shows_examples_first():
    listed = subprocess.run([CONQ, "--help"], stdout=subprocess.PIPE, check=True,
                            timeout=TIMEOUT_S).stdout.decode()
    names = [line.split()[0] for line in listed[listed.index("Verbs:"):].splitlines()[1:]]
    assert len(names) > 15
    for each in names:
        text = subprocess.run([CONQ, each, "--help"], stdout=subprocess.PIPE, check=True,
                              timeout=TIMEOUT_S).stdout.decode()
        about = f"conq {each} " + ("-q" if each != "completions" else "bash")
        assert text.startswith("Usage: " + about)
        examples = text.split("\n\n")[1].splitlines()
        assert all(line.startswith("  ") for line in examples)
        assert any(about in line for line in examples)
