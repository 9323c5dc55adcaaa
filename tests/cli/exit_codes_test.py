# SPDX-License-Identifier: BSL-1.0
"""conq run: exit codes, and messages about failures."""
import os
import signal
import stat

import pytest
from support import conq, lines


@pytest.mark.parametrize("script, code", [
    ("true", 0), ("exit 1", 123), ("exit 255", 123), ("kill -9 $$", 125),
    ("[ $1 = 1 ] && exit 3; [ $1 = 2 ] && kill -9 $$; true", 123),
])
def test_of_jobs(script, code):
    assert conq("sh", "-c", script, "sh", items=lines(4)).returncode == code


@pytest.mark.parametrize("script, code", [("true", 0), ("exit 3", 123)])
def test_of_jobs_where_sigchld_was_ignored(script, code):
    """Some daemons start what they start so: the kernel then forgets how a child has ended."""
    assert conq("sh", "-c", script, items=lines(2),
                preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
                ).returncode == code


def test_every_item_runs_although_some_fail_with_255():
    done = conq("-k", "sh", "-c", "echo $1; exit 255", "sh", items=lines(30))
    assert done.stdout == lines(30).encode() and done.returncode == 123
    assert done.stderr.count(b"exit code 255") == 30
    assert b"30 of 30 jobs failed" in done.stderr


def test_no_items_is_success():
    assert conq("false").returncode == 0


def test_a_command_that_does_not_exist_is_127_before_any_item():
    done = conq("no-such-command", items=lines(3))
    assert done.returncode == 127 and b"'no-such-command' is not found" in done.stderr


def test_a_command_that_cannot_run_is_126(tmp_path):
    text = tmp_path / "text"
    text.write_text("just text")
    done = conq(str(text), items=lines(3))
    assert done.returncode == 126 and str(text).encode() in done.stderr
    assert conq("/", items=lines(1)).returncode == 126


def test_a_program_that_depends_on_the_item_fails_for_itself():
    done = conq("-k", "{}", items="true\nno-such-command\n/etc/passwd\n")
    assert done.returncode == 127
    assert b"no-such-command" in done.stderr and b"/etc/passwd" in done.stderr
    assert conq("{}", items="/etc/passwd\nfalse\n").returncode == 126


@pytest.mark.parametrize("word", ["echo hi", "a|b", "x $(y)"])
def test_one_word_that_looks_like_a_shell_line_is_127_with_the_mend(word):
    done = conq(word, items=lines(1))
    assert done.returncode == 127
    assert b"the words of a command are given apart" in done.stderr and b"-s 'LINE'" in done.stderr


def test_a_shell_line_with_a_placeholder_is_127_with_the_mend_once():
    done = conq("-k", "echo {}", items=lines(3))
    assert done.returncode == 127 and done.stdout == b""
    assert done.stderr.count(b"cannot run 'echo ") == 3
    assert done.stderr.count(b"the words of a command are given apart (conq run echo {})") == 1
    assert b"given apart" not in conq("{}", items="no-such-command\n").stderr


def test_a_script_without_an_interpreter_line_runs_as_from_a_shell(tmp_path):
    script = tmp_path / "script"
    script.write_text('echo "script $1"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    assert conq(str(script), items="a\n").stdout == b"script a\n"


def test_path_is_searched_as_execvp_does(tmp_path):
    tool = tmp_path / "mytool"
    tool.write_text("#!/bin/sh\necho mine $1\n")
    tool.chmod(0o755)
    path = f"/no/such:{tmp_path}:{os.environ['PATH']}"
    done = conq("mytool", items="a\n", env={**os.environ, "PATH": path})
    assert done.stdout == b"mine a\n"


def test_a_command_too_long_for_the_kernel_is_said_with_the_mend():
    done = conq("true", *["{}"] * 100, items="x" * 100_000 + "\n")
    assert done.returncode == 126
    assert b"Argument list too long" in done.stderr and b"give it a shorter" in done.stderr


def test_a_failure_names_its_item_and_stays_with_its_output():
    done = conq("-k", "sh", "-c", "echo said $1 >&2; exit 7", "sh", items="a\nb c\n")
    assert done.stderr.splitlines()[:4] == [
        b"said a", b"conq: job 1, 'a': exit code 7", b"said b c",
        b"conq: job 2, 'b c': exit code 7"]
    done = conq("sh", "-c", "seq 30000 >&2; exit 7", items="a\n")  # more than memory holds
    assert done.stderr.splitlines()[-3:] == [
        b"30000", b"conq: job 1, 'a': exit code 7", b"conq: 1 of 1 jobs failed"]
    done = conq("false", items=b"\x01\xff" + b"y" * 100 + b"\n")
    assert rb"'\x01" in done.stderr and b"(102 bytes)" in done.stderr


@pytest.mark.parametrize("words", [["--no-such-option"], ["-a", "/no/such/file", "echo"],
                                   ["no-such-command"], ["echo a"]])
def test_an_error_keeps_its_code_when_nobody_can_be_told(words):
    code = conq(*words).returncode
    with open("/dev/full", "wb") as full:
        assert conq(*words, stderr=full).returncode == code
    assert conq(*words, stderr=None, preexec_fn=lambda: os.close(2)).returncode == code


def test_own_errors_win_over_failed_jobs():
    with open("/dev/full", "wb") as full:
        assert conq("sh", "-c", "echo x; exit 3", items=lines(2), stdout=full).returncode == 1
