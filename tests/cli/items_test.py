# SPDX-License-Identifier: BSL-1.0
"""conq run: reading items, placeholders, and the standard input of jobs."""
import os
import pty
import subprocess

import pytest
from support import ARGUMENT_MAX, CONQ, conq, lines

SHOW = ["sh", "-c", 'for a; do printf "<%s>" "$a"; done; echo', "sh"]


def test_an_item_is_a_line_and_comes_last_without_a_placeholder():
    assert conq("-k", "echo", "got", items="a b\nc\n").stdout == b"got a b\ngot c\n"


def test_a_last_item_without_its_end_counts():
    assert conq("-k", "echo", items="a\nb").stdout == b"a\nb\n"


def test_the_placeholder_is_replaced_wherever_it_stands_as_one_argument():
    done = conq("-k", *SHOW, "{}", "x{}y{}", "-{}-", items="a b\n$(echo c)\n'q\"\n")
    assert done.stdout == (b"<a b><xa bya b><-a b->\n"
                           b"<$(echo c)><x$(echo c)y$(echo c)><-$(echo c)->\n"
                           b"<'q\"><x'q\"y'q\"><-'q\"->\n")


def test_another_placeholder():
    assert conq("-I", "@", *SHOW, "{}", "@", items="b\n").stdout == b"<{}><b>\n"


def test_several_items_a_job():
    assert conq("-k", "-n", "2", *SHOW, items=lines(5)).stdout == b"<1><2>\n<3><4>\n<5>\n"
    done = conq("-k", "-n2", *SHOW, "--f={}", "end", items=lines(3))
    assert done.stdout == b"<--f=1><--f=2><end>\n<--f=3><end>\n"


def test_empty_items_are_skipped_and_counted():
    done = conq("-k", *SHOW, items="a\n\n\nb\n")
    assert done.stdout == b"<a>\n<b>\n"
    assert b"2 empty items were skipped" in done.stderr
    done = conq("-k", "--keep-empty", *SHOW, items="a\n\nb\n")
    assert done.stdout == b"<a>\n<>\n<b>\n" and done.stderr == b""


def test_nul_and_other_delimiters():
    assert conq("-k", "-0", *SHOW, items=b"a\nb\0c\0").stdout == b"<a\nb>\n<c>\n"
    assert conq("-k", "-d", ",", *SHOW, items="a,b").stdout == b"<a>\n<b>\n"
    assert conq("-k", "-d", r"\t", *SHOW, items="a\tb").stdout == b"<a>\n<b>\n"
    assert conq("-k", "-d", r"\x3b", *SHOW, items="a;b").stdout == b"<a>\n<b>\n"


def test_bytes_are_never_changed():
    every = bytes(b for b in range(1, 256) if b != 10)
    assert conq("printf", "%s", items=every).stdout == every
    assert conq("--stdin", "cat", items=every + b"\0" + every).stdout == every + b"\0" + every


def test_stdin_of_a_job_is_the_item_or_nothing():
    assert conq("--stdin", "-k", "wc", "-c", items="abc\nde\n").stdout == b"3\n2\n"
    assert conq("cat", "-", items="no such file\n").returncode == 123
    assert conq("sh", "-c", "cat", items="x\n").stdout == b""
    assert conq("--stdin", "-n", "2", "-k", "cat", items="a\nb\nc\n").stdout == b"a\nbc"
    assert conq("--stdin", "-k", *SHOW, "{}", items="a\n").stdout == b"<a>\n"


def test_a_job_without_an_item_on_its_input_reads_dev_null():
    assert conq("readlink", "/proc/self/fd/0", "-n", items="-n\n").stdout == b"/dev/null"


def test_an_item_of_one_mebibyte_goes_through_stdin_whole():
    big = os.urandom(1 << 20).replace(b"\n", b".")
    assert conq("--stdin", "cat", items=big + b"\n").stdout == big
    assert conq("--stdin", "head", "-c", "3", items=big + b"\n").stdout == big[:3]


@pytest.mark.parametrize("size, fits", [(ARGUMENT_MAX, True), (ARGUMENT_MAX + 1, False),
                                        (1 << 20, False)])
def test_an_item_too_long_for_an_argument_fails_and_the_others_run(size, fits):
    done = conq("-k", "sh", "-c", 'echo "${#1}"', "sh", items=b"a" * size + b"\nbc\n")
    assert done.stdout.splitlines()[-1] == b"2"
    assert (done.returncode == 0) == fits
    if not fits:
        assert done.returncode == 123
        assert b"too long for an argument: use --stdin" in done.stderr


def test_an_item_that_is_too_long_is_named_with_its_size():
    done = conq("true", items=b"a" * (1 << 20))
    assert b"of 1048576 bytes in all: too long for an argument" in done.stderr


def test_an_unfit_item_fails_alone_among_several_a_job():
    done = conq("-k", "-n", "3", *SHOW, items=b"1\n2\nx\0y\n3\n4\n5\n6\n")
    assert done.returncode == 123 and done.stdout == b"<1><2>\n<3><4><5>\n<6>\n"
    assert b"1 of 4 jobs failed" in done.stderr


def test_an_item_too_long_with_what_stands_around_it_fails_alone():
    done = conq("-k", "-n", "3", "sh", "-c", 'echo "$#"', "sh", "x{}",
                items=b"1\n" + b"a" * ARGUMENT_MAX + b"\n2\n3\n")
    assert done.returncode == 123 and done.stdout == b"1\n2\n"
    assert b"too long for an argument: use --stdin" in done.stderr
    done = conq("--stdin", "cat", "{}", items=b"a\0b\n")
    assert done.returncode == 123
    assert b"is -0 missing? --stdin without {} takes it" in done.stderr
    done = conq("--stdin", "cat", "{}", items=b"a" * (ARGUMENT_MAX + 1))
    assert b"too long for an argument: use --stdin without {}" in done.stderr


def test_a_job_gets_fewer_items_where_the_kernel_takes_no_more():
    done = conq("-k", "-n", "100", "sh", "-c", 'echo "$#"', "sh",
                items=("x" * 100_000 + "\n") * 100)
    counts = [int(count) for count in done.stdout.split()]
    assert done.returncode == 0 and sum(counts) == 100 and max(counts) > 1


def test_a_closed_standard_input_is_an_own_error():
    done = conq("echo", stdin=None, preexec_fn=lambda: os.close(0))
    assert done.returncode == 1 and b"cannot read the input: Bad file" in done.stderr


def test_an_item_with_nul_fails_with_the_mend():
    done = conq("echo", items=b"a\0b\nc\n")
    assert done.returncode == 123 and done.stdout == b"c\n"
    assert b"a NUL byte, which no argument may hold: is -0 missing? --stdin takes it" in done.stderr


def test_items_from_a_file():
    assert conq("-k", "-a", __file__, "-n", "1000", "true").returncode == 0
    done = conq("-a", "/no/such/file", "echo")
    assert done.returncode == 1 and b"/no/such/file" in done.stderr and b"-a" in done.stderr
    assert conq("-a", "", "echo", items="a\n").returncode == 2
    assert conq("-a", "-", "echo", items="a\n").stdout == b"a\n"  # as in xargs and parallel
    done = conq("-a", "/", "echo")
    assert done.returncode == 1 and b"cannot read" in done.stderr


def test_dry_run_prints_what_a_shell_would_take_back():
    done = conq("--dry-run", "echo", "x y", "{}", items="a b\nit's\n")
    assert done.stdout == b"echo 'x y' 'a b'\necho 'x y' 'it'\\''s'\n"
    back = subprocess.run(["sh"], input=done.stdout, stdout=subprocess.PIPE, check=True)
    assert back.stdout == b"x y a b\nx y it's\n"


def test_dry_run_makes_the_jobs_that_a_run_would():
    items = b"a\n\nb\0\nc\n" + (b"x" * 100_000 + b"\n") * 30
    words = ["-n", "100", "echo"]
    dry, wet = conq("--dry-run", *words, items=items), conq("-k", *words, items=items)
    assert dry.stdout.splitlines() == [b"echo " + line for line in wet.stdout.splitlines()]
    assert len(dry.stdout.splitlines()) > 2
    assert dry.returncode == wet.returncode == 123
    assert b"it has a NUL byte, which no argument may hold" in dry.stderr
    assert b"1 empty items were skipped" in dry.stderr


@pytest.mark.parametrize("words", [["-k", "-j2", "echo", "-n"], ["-kj", "2", "--", "echo", "-n"],
                                   ["--jobs=2", "-k", "echo", "-n"],
                                   ["--keep-order", "--jobs", "2", "echo", "-n"]])
def test_the_first_word_that_is_no_option_begins_the_command(words):
    assert conq(*words, items="a\nb\n").stdout == b"ab"


@pytest.mark.parametrize("words, says", [
    (["--no-such", "echo"], b"--no-such"), (["-j", "0", "echo"], b"jobs"),
    (["-j", "x", "echo"], b"jobs"), (["-n", "0", "echo"], b"items"),
    (["-d", "ab", "echo"], b"-d"), (["-d", "", "echo"], b"-d"), (["-I", "", "echo"], b"-I"),
    (["-0", "-d", ",", "echo"], b"delimiter"), ([], b"no command"), (["-k"], b"no command"),
    (["--"], b"no command"), (["-j"], b"jobs"),
])
def test_bad_use_names_it_and_ends_with_2(words, says):
    done = conq(*words, items="a\n")
    assert done.returncode == 2 and done.stdout == b""
    assert says in done.stderr and done.stderr.startswith(b"conq: ")


def test_a_terminal_as_input_gets_help_and_2():
    master, slave = pty.openpty()
    done = conq("echo", stdin=slave)
    os.close(master)
    os.close(slave)
    assert done.returncode == 2 and b"Usage: conq run" in done.stderr


@pytest.mark.parametrize("words, stream", [(["run", "--help"], "stdout"), (["--help"], "stdout"),
                                           (["help", "run"], "stdout"), (["--version"], "stdout")])
def test_help_and_version(words, stream):
    done = subprocess.run([CONQ, *words], capture_output=True, text=True, check=True)
    assert "conq" in getattr(done, stream)


def test_an_unknown_verb_ends_with_2():
    done = subprocess.run([CONQ, "walk"], capture_output=True, text=True)
    assert done.returncode == 2 and "walk" in done.stderr
