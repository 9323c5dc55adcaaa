# SPDX-License-Identifier: BSL-1.0
"""What a first-time user meets: a message about a slip says how to mend it."""
import os
import re
import resource
import subprocess

import pytest
from support import CONQ, TIMEOUT_S


def call(*words, items=b"", **options):
    return subprocess.run([CONQ, *map(os.fsencode, words)], input=items, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False, **options)


@pytest.mark.parametrize("words, told", [
    (("rnu", "echo"), b"'rnu' is no command of conq (did you mean run?)"),
    (("joni", "-q", "q"), b"did you mean join?"),
    (("xyzzy",), b"'xyzzy' is no command of conq: see conq --help"),
    (("-q", "q", "run"), b"'-q': options follow the verb"),
    (("run", "--retry-faild", "true"), b"is no option (did you mean --retry-failed?)"),
    (("run", "--xyzzy", "true"), b"'--xyzzy' is no option: see conq run --help"),
    (("get", "-q", "q", "--timout", "0"), b"'--timout' is no option (did you mean --timeout?)"),
    (("ls", "mail.q"), b"'mail.q' is a word too many: the queue's file goes behind -q"),
    (("get", "-q", "q", "echo"), b"'echo' is a word too many: a command goes behind --"),
    (("ls", "-q", "q", "x"), b"'x' is a word too many: see conq ls --help"),
])
def test_a_slip_is_named_with_what_was_meant(words, told, tmp_path):
    done = call(*words, cwd=tmp_path)
    assert done.returncode == 2 and told in done.stderr, done.stderr
    assert done.stderr.startswith(b"conq: ") and not done.stderr.startswith(b"conq: conq: ")


@pytest.mark.parametrize("verb", [("put", "a"), ("run", "true"), ("ls",), ("doctor",)])
def test_the_programs_name_stands_once_before_an_error_of_a_file(verb, tmp_path):
    (tmp_path / "notes").write_text("milk\n")
    done = call(verb[0], "-q", "notes", *verb[1:], cwd=tmp_path)
    assert done.returncode == 1 and done.stderr.startswith(b"conq: notes: no queue of conq")


def test_empty_lines_that_put_leaves_out_are_counted(tmp_path):
    done = call("put", "-q", tmp_path / "q", items=b"\na\n\n")
    assert done.returncode == 0 and b"2 empty items were skipped" in done.stderr
    assert call("put", "-q", tmp_path / "q", "--keep-empty", items=b"\n").stderr == b""


def test_a_pipe_that_is_closed_early_loses_no_outcome(tmp_path):
    words = (CONQ, "run", "-k", "-q", tmp_path / "q", "echo")
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as run:
        run.stdout.close()
        _, said = run.communicate(b"1\n2\n3\n", timeout=TIMEOUT_S)
    assert run.returncode == 1 and b"run the same again" in said
    again = call("run", "-k", "-q", tmp_path / "q", "--replay", "echo", items=b"1\n2\n3\n")
    assert again.returncode == 0 and again.stdout == b"1\n2\n3\n"


def test_names_with_spaces_quotes_and_line_ends_are_only_names(tmp_path):
    for name in ("a b", "it's", "$(touch x)", "two\nlines", "-n", "*"):
        (tmp_path / name).touch()
    names = sorted(os.listdir(tmp_path))
    queue = tmp_path / "my queue\n"
    put = call("put", "-0", "-q", queue, items="\0".join(names).encode())
    assert put.returncode == 0, put.stderr
    done = call("work", "-q", queue, "-j1", "-s", 'test -e "./$1" && printf "%s\\0" "$1"',
                cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().split("\0")[:-1] == names


def test_a_put_that_fails_half_way_says_how_many_items_are_there(tmp_path):
    little = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)))
    done = call("put", "-q", tmp_path / "q", items=b"an item\n" * 50_000, preexec_fn=little,
                restore_signals=False)  # reaching the limit is an error, not a signal
    assert done.returncode == 1, done.stderr
    said = int(re.search(rb"of this input (\d+) items are in the queue", done.stderr)[1])
    ready = int(call("ls", "-q", tmp_path / "q").stdout.split()[0])
    assert 0 < said <= ready < 50_000


def test_ls_speaks_of_a_slow_queue_in_whole_jobs(tmp_path):
    call("run", "-q", tmp_path / "q", "true", items=b"1\n2\n")
    assert b"\n2 in the last minute\n" in call("ls", "-q", tmp_path / "q").stdout


def test_a_command_that_is_not_there_is_not_what_a_queue_is_for(tmp_path):
    wrong = call("run", "-q", tmp_path / "q", "ehco", items=b"a\n")
    assert wrong.returncode == 127 and not (tmp_path / "q").exists()
    assert call("run", "-q", tmp_path / "q", "echo", items=b"a\n").stdout == b"a\n"
    call("put", "-q", tmp_path / "other", "b")
    assert call("work", "-q", tmp_path / "other", "ehco").returncode == 127
    assert call("work", "-q", tmp_path / "other", "echo").stdout == b"b\n"


def test_work_takes_the_queue_that_the_environment_names_and_run_does_not(tmp_path):
    env = {**os.environ, "CONQ_QUEUE": str(tmp_path / "q")}
    assert call("put", "a", env=env).returncode == 0
    assert call("run", "echo", items=b"b\n", env=env).stdout == b"b\n"
    assert call("work", "echo", env=env).stdout == b"a\n"


@pytest.mark.parametrize("words", [("help",), ("-h",), ("help", "help"), ("help", "-h", "x"),
                                   ("--help", "--help"), ("help", "run"), ("run", "-h")])
def test_help_is_there_whichever_way_it_is_asked_for(words):
    done = call(*words)
    assert done.returncode == 0 and done.stdout.startswith(b"Usage: conq ")


def test_who_waits_for_a_paused_queue_is_told(tmp_path):
    queue = tmp_path / "q"
    call("put", "-q", queue, "a")
    call("pause", "-q", queue)
    for words in (("get", "--timeout", "0"), ("join", "--timeout", "0")):
        done = call(words[0], "-q", queue, *words[1:])
        assert done.returncode == 3 and b"is paused: nothing is handed out" in done.stderr
    with subprocess.Popen([CONQ, "work", "-q", queue, "echo"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as work:
        assert b"is paused" in work.stderr.readline()
        call("resume", "-q", queue)
        assert work.communicate(timeout=TIMEOUT_S) == (b"a\n", b"")
    assert call("join", "-q", queue).stderr == b""


@pytest.mark.parametrize("state", ["state", None])
def test_a_name_is_a_queue_in_the_folder_for_what_programs_keep(tmp_path, state):
    where = {"HOME": str(tmp_path / "home"),
             "XDG_STATE_HOME": str(tmp_path / state) if state else ""}
    folder = tmp_path / (state or "home/.local/state")

    def here(*words):
        return call(*words, env={**os.environ, **where}, cwd=tmp_path)
    assert here("put", "-q", "@mail", "x").returncode == 0
    assert (folder / "conq/mail").is_file() and not (tmp_path / "@mail").exists()
    shown = here("run", "-q", "@mail?durability=process", "-s", 'echo "$CONQ_QUEUE"', ":::", "y")
    assert shown.stdout.decode() == f"sqlite:{folder}/conq/mail?durability=process\n"
    for bad in ("@", "@a/b", "@../x"):
        refused = here("put", "-q", bad, "x")
        assert refused.returncode == 2 and b"a name has letters" in refused.stderr
    where.update(HOME="", XDG_STATE_HOME="relative")
    assert b"name a file" in here("put", "-q", "@mail", "x").stderr
