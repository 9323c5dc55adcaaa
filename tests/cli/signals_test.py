# SPDX-License-Identifier: BSL-1.0
"""conq run: signals, terminals, progress."""
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest
from support import CONQ, TIMEOUT_S, Held, conq, lines, start


class Blocked:
    """A run of two jobs at once, each of which says "up" and then waits for a line from a fifo."""

    def __init__(self, folder, script="echo up > $0; read line < $1; echo ended $2", items=10,
                 pass_fds=()):
        self.up, self.go = folder / "up", folder / "go"
        os.mkfifo(self.up)
        os.mkfifo(self.go)
        self.run = start("-k", "-j2", "sh", "-c", script, self.up, self.go, stdin=subprocess.PIPE,
                         pass_fds=pass_fds)
        self.run.stdin.write(lines(items).encode())
        self.run.stdin.flush()  # and left open, so more input might come
        self.heard = 0
        self.reader = os.open(self.up, os.O_RDWR)
        while self.heard < 6:  # twice "up\n"
            self.heard += len(os.read(self.reader, 100))

    def say_go(self):
        writer = os.open(self.go, os.O_RDWR)
        os.write(writer, b"go\n" * 20)
        return writer

    def finish(self):
        self.run.stdin.close()
        code = self.run.wait(TIMEOUT_S)
        out, err = self.run.stdout.read(), self.run.stderr.read()
        self.run.stdout.close()
        self.run.stderr.close()
        os.close(self.reader)
        return code, out, err

    def send_again(self, name, text):
        """Sends a signal until the text is heard: two at almost the same time count as one."""
        said = b""
        while text not in said:
            self.run.send_signal(name)
            if select.select([self.run.stderr], [], [], 0.5)[0]:
                said += os.read(self.run.stderr.fileno(), 4096)
        return said

    def hear(self, text):
        """Waits until the text is on standard error."""
        said = b""
        while text not in said:
            assert select.select([self.run.stderr], [], [], TIMEOUT_S)[0], said
            chunk = os.read(self.run.stderr.fileno(), 4096)
            assert chunk, said
            said += chunk
        return said


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_once_takes_no_more_and_lets_running_jobs_end(tmp_path, name):
    blocked = Blocked(tmp_path)
    blocked.run.send_signal(getattr(signal, name))
    said = blocked.hear(b"ends the running jobs")
    assert b"2 running" in said and b"items read and not started" in said
    writer = blocked.say_go()
    code, out, _ = blocked.finish()
    os.close(writer)
    assert code == 130 and out == b"ended 1\nended 2\n"


def test_sigint_twice_terminates_the_running_jobs(tmp_path):
    blocked = Blocked(tmp_path)
    blocked.run.send_signal(signal.SIGINT)
    blocked.hear(b"ends the running jobs")
    said = blocked.send_again(signal.SIGINT, b"terminating 2 running jobs")
    code, out, err = blocked.finish()
    assert code == 130 and out == b""
    assert (said + err).count(b"died of signal 15") == 2


def test_sigterm_terminates_with_143_and_whole_process_groups(tmp_path):
    script = "(trap '' HUP; read x < $1; echo grandchild) & echo up > $0; read line < $1"
    held = Held()
    blocked = Blocked(tmp_path, script, pass_fds=held.fds)
    held.let_go()
    blocked.run.send_signal(signal.SIGTERM)
    code, out, err = blocked.finish()
    assert held.has_ended()
    assert code == 143 and out == b"" and b"terminating 2 running jobs" in err


@pytest.mark.parametrize("turn", range(5))
def test_a_signal_that_comes_twice_at_once_is_one(tmp_path, turn):
    """timeout(1) does this: it signals its child, and then the process group."""
    script = "trap 'sleep 0.1; echo ended; exit 3' TERM; echo up > $0; read line < $1"
    blocked = Blocked(tmp_path, script)
    begin = time.monotonic()
    blocked.run.send_signal(signal.SIGTERM)
    blocked.run.send_signal(signal.SIGTERM)
    is_at_once = time.monotonic() < begin + 0.1  # else they were two
    code, out, err = blocked.finish()
    assert code == 143
    if is_at_once:
        assert out == b"ended\n" * 2 and b"killing" not in err, turn


def test_a_third_signal_kills_jobs_that_ignore_the_others(tmp_path):
    blocked = Blocked(tmp_path, "trap '' TERM; echo up > $0; read line < $1")
    blocked.run.send_signal(signal.SIGTERM)
    blocked.hear(b"terminating 2 running jobs")
    blocked.run.send_signal(signal.SIGINT)
    code, _, err = blocked.finish()
    assert code == 143 and err.count(b"died of signal 9") == 2


def test_jobs_that_ignore_term_are_killed_ten_seconds_later(tmp_path):
    blocked = Blocked(tmp_path, "trap '' TERM; echo up > $0; read line < $1")
    blocked.run.send_signal(signal.SIGTERM)
    code, _, err = blocked.finish()
    assert code == 143 and err.count(b"died of signal 9") == 2
    assert b"killing 2 running jobs" in err


def test_a_signal_that_was_ignored_stays_so_as_under_nohup():
    done = subprocess.run([CONQ, "run", "-kj1", "sh", "-c", "kill -HUP $PPID; echo $1", "sh"],
                          input=lines(3).encode(), capture_output=True, timeout=TIMEOUT_S,
                          preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert done.returncode == 0 and done.stdout == lines(3).encode()


def test_signals_end_a_run_whose_output_nobody_takes():
    run = start("-j2", "head", "-c", "1000000", stdin=subprocess.PIPE)
    run.stdin.write(b"/dev/zero\n" * 100)
    run.stdin.close()
    assert run.stdout.read(1) == b"\0"  # we read no more from now on, so the pipe is full
    run.send_signal(signal.SIGTERM)
    assert b"terminating" in run.stderr.readline()
    run.send_signal(signal.SIGINT)
    assert run.wait(TIMEOUT_S) == 1
    assert b"output of jobs cannot be written, and is lost" in run.stderr.read()
    run.stdout.close()
    run.stderr.close()


def test_a_job_has_default_signals_and_a_group_of_its_own():
    script = "grep -E '^Sig(Blk|Ign)' /proc/self/status; echo $(ps -o pgid= -p $$) = $$"
    done = subprocess.run([CONQ, "run", "sh", "-c", script], input=b"a\n", capture_output=True,
                          timeout=TIMEOUT_S, preexec_fn=lambda: signal.signal(signal.SIGPIPE,
                                                                              signal.SIG_DFL))
    text = done.stdout.decode()
    masks = {line.split(":")[0]: int(line.split()[1], 16) for line in text.splitlines()[:2]}
    # Signals 32 and 33 are the C library's own: posix_spawn leaves them ignored.
    assert masks["SigBlk"] == 0 and masks["SigIgn"] & 0x7FFFFFFF == 0, text
    left, right = text.splitlines()[-1].split(" = ")
    assert left == right


@pytest.mark.parametrize("name", ["TTIN", "TTOU"])
def test_a_job_that_stops_on_the_terminal_is_continued_once_and_then_failed(name):
    done = conq("-kj1", "sh", "-c", f"kill -{name} $$; echo went on", items="a\n")
    assert done.returncode == 0 and done.stdout == b"went on\n" and done.stderr == b""
    done = conq("-kj1", "sh", "-c", f"kill -{name} $$; echo went on; kill -{name} $$; echo again",
                items="a\n")
    assert done.returncode == 123 and done.stdout == b"went on\n"
    assert b"wants the terminal (SIG" + name.encode() + b")" in done.stderr


def rest_of(master):
    """What a terminal shows until nobody has it open any more. Closes it."""
    said = b""
    while True:
        try:
            chunk = os.read(master, 4096)
        except OSError:
            break
        if not chunk:
            break
        said += chunk
    os.close(master)
    return said


def in_terminal(words, items):
    """Runs conq with a pseudo-terminal as controlling terminal and standard error."""
    read_end, write_end = os.pipe()
    pid, master = pty.fork()
    if pid == 0:
        os.dup2(read_end, 0)
        os.close(write_end)
        os.execv(CONQ, [CONQ, "run", *words])
    os.close(read_end)
    os.write(write_end, items)
    os.close(write_end)
    said = rest_of(master)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


def test_a_dumb_terminal_gets_no_progress_and_none_gets_colours(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    code, said = in_terminal(["-j1", "sleep"], b"0.3\n")
    assert code == 0 and said == b""
    monkeypatch.setenv("TERM", "xterm")
    code, said = in_terminal(["-j1", "false"], b"1\n")
    assert code == 123 and b"1 of 1 jobs failed" in said
    assert not re.search(rb"\x1b\[[0-9;]*m", said)  # so NO_COLOR has nothing to change


@pytest.mark.parametrize("source", ["file", "pipe"])
def test_progress_says_the_time_left_as_soon_as_the_size_is_known(tmp_path, monkeypatch, source):
    monkeypatch.setenv("TERM", "xterm")
    (tmp_path / "items").write_text("1\n2\n")
    fifo = tmp_path / "go"
    os.mkfifo(fifo)
    go = os.open(fifo, os.O_RDWR)
    items = f"-a {tmp_path}/items" if source == "file" else ""
    # The second job waits, so that the line is shown however slow the machine is.
    line = f"{CONQ} run -j1 {items} sh -c '[ $1 = 1 ] || read line < {fifo}' sh"
    if source == "pipe":
        line = f"cat {tmp_path}/items | {line}"
    pid, master = pty.fork()
    if pid == 0:
        os.execv("/bin/sh", ["sh", "-c", line])
    said = b""
    while not re.search(rb"1 done, 0 failed, 1 running, .*/s, 50 %, \d+ s left", said):
        assert select.select([master], [], [], TIMEOUT_S)[0], said
        said += os.read(master, 4096)
    os.write(go, b"go\n")
    assert rest_of(master).endswith(b"\r\x1b[K")  # the progress line was removed
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(go)


def test_no_progress_without_a_terminal():
    done = subprocess.run([CONQ, "run", "sleep"], input=b"0.5\n", capture_output=True,
                          timeout=TIMEOUT_S)
    assert done.stderr == b"" and done.stdout == b""


def test_a_job_that_wants_the_terminal_is_continued_once_and_then_failed():
    code, said = in_terminal(["-j1", "sh", "-c", "read line < /dev/tty; echo got"], b"a\n")
    assert code == 123
    assert b"wants the terminal (SIGTTIN)" in said and b"got" not in said
