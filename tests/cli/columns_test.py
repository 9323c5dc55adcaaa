# SPDX-License-Identifier: BSL-1.0
"""Items with columns: --colsep, --csv, --tsv."""
import csv
import io
import random

import pytest
from support import conq

ECHO = ("sh", "-c", 'for each; do printf "<%s>" "$each"; done; echo', "sh")


def rows(*words, items):
    done = conq("-k", *words, items=items)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_number_is_the_column():
    assert rows("--colsep", ":", *ECHO, "{2}-{1}", "{}", items="a:b\nc:\n") == (
        b"<b-a><a:b>\n<-c><c:>\n")
    assert rows("--tsv", *ECHO, "{2}", items="a:b\tc d\n") == b"<c d>\n"
    assert rows("--colsep", "\\t", *ECHO, "{2}", items="a\tb\n") == b"<b>\n"
    assert rows("--colsep", ", ", *ECHO, "{1}", "{2}", items="a,b, c\n") == b"<a,b><c>\n"


def test_what_is_said_of_the_item_can_be_said_of_a_column():
    words = ("{2.}", "{2/}", "{2//}", "{2/.}", "{#}")
    out = rows("--colsep", " ", *ECHO, *words, items="x in/a.b.c\n")
    assert out == b"<in/a.b><a.b.c><in><a.b><1>\n"


def test_without_a_placeholder_the_columns_come_last():
    assert rows("--colsep", ",", *ECHO, items="a,b\nc\n,\n") == b"<a><b>\n<c>\n<><>\n"
    assert rows("--colsep", ",", "-n", "2", *ECHO, items="a,b\nc\n") == b"<a><b><c>\n"
    assert rows("--tsv", "-s", 'echo "$2 $1"', items="a\tb $x\n") == b"b $x a\n"


def test_a_number_is_no_placeholder_without_columns():
    assert rows(*ECHO, "{1}", "{}", items="a\n") == b"<{1}><a>\n"
    assert rows("--tsv", *ECHO, "{0}{01}{a}{12345}{1", "{}", items="a\n") == (
        b"<{0}{01}{a}{12345}{1><a>\n")


def test_csv_is_that_of_rfc_4180():
    text = '"a ""q"", b",2\r\n"two\nlines\n\n","",x"y\r\n'
    assert rows("--csv", *ECHO, "{1}", "{2}", items=text) == (
        b'<a "q", b><2>\n<two\nlines\n\n><>\n')
    assert rows("--csv", *ECHO, items="\n\na\n") == b"<a>\n"  # empty lines are not items


def test_random_csv_is_read_as_by_another_reader():
    dice = random.Random(7)
    table = [["".join(dice.choice('ab,"\n\r ') for _ in range(dice.randrange(1, 6)))
              for _ in range(3)] for _ in range(200)]
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    out = rows("--csv", *ECHO, items=text.getvalue())
    assert out == "".join("".join(f"<{each}>" for each in row) + "\n" for row in table).encode()


def test_a_column_that_is_missing_fails_its_job_alone(tmp_path):
    done = conq("-k", "--csv", "echo", "{2}", items="a,1\nb\nc,3\n")
    assert done.returncode == 123 and done.stdout == b"1\n3\n"
    assert b"job 2, 'b': it has no column 2, but 1: is the separator right" in done.stderr
    dry = conq("--dry-run", "--csv", "echo", "{2}", items="a,1\nb\n")
    assert dry.returncode == 123 and dry.stdout == b"echo 1\n" and b"no column 2" in dry.stderr
    stored = conq("-q", tmp_path / "q", "--csv", "echo", "{2}", items="b\n")
    assert stored.returncode == 123 and b"no column 2" in stored.stderr


def test_a_quote_that_is_never_closed_fails_its_job_alone():
    done = conq("-k", "--csv", "echo", items='a\n"b\nc\n')
    assert done.returncode == 123 and done.stdout == b"a\n"
    assert b"a quote is not closed" in done.stderr


def test_a_quote_that_is_never_closed_ends_where_an_argument_does():
    many = "x" * 99 + "\n"
    done = conq("--csv", "true", items='"' + many * 3000)
    assert done.returncode == 123 and b"too long for an argument" in done.stderr
    assert done.stderr.count(b"failed") <= 2


def test_columns_belong_to_the_command_that_is_stored(tmp_path):
    words = ("-k", "-q", tmp_path / "q")
    conq(*words, "--csv", "echo", "{2}", items="a,1\n")
    other = conq(*words, "--tsv", "echo", "{2}", items="a,1\n")
    assert other.returncode == 2 and b"--csv echo" in other.stderr
    assert conq(*words, "--csv", "echo", "{2}", items="a,1\nb,2\n").stdout == b"2\n"


@pytest.mark.parametrize("words", [("--csv", "--tsv"), ("--colsep", ""), ("--csv", "--colsep", ","),
                                   ("--csv", "-I", "X")])
def test_columns_that_do_not_fit_are_wrong_use(words):
    done = conq(*words, "echo", items="a\n")
    assert done.returncode == 2 and done.stderr.startswith(b"conq: ")


def test_a_column_in_a_line_for_sh_is_wrong_use():
    done = conq("--csv", "-s", "echo {1}", items="a\n")
    assert done.returncode == 2 and b'write "$1"' in done.stderr


TABLE = 'title,"the file",n\nOne,in/a.wav,1\n"Two, too",b.wav,2\n'


def test_the_header_names_the_columns():
    out = rows("--csv", "--header", ":", *ECHO, "{title}", "{the file}", "{#}", items=TABLE)
    assert out == b"<One><in/a.wav><1>\n<Two, too><b.wav><2>\n"
    out = rows("--csv", "--header", ":", *ECHO, "x{the file/.}{the file//}", "{n}-{1}",
               items=TABLE)
    assert out == b"<xain><1-One>\n<xb.><2-Two, too>\n"


def test_a_header_goes_with_every_kind_of_input(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"\xef\xbb\xbfa\tb\r\n1\t2\n")  # as spreadsheets write it
    assert rows("--tsv", "--header", ":", "-a", file, *ECHO, "{b}{a}", items="") == b"<21>\n"
    assert rows("--header", ":", *ECHO, "{f.}", ":::", "f", "x.c", items="") == b"<x>\n"
    assert rows("-0", "--colsep", ",", "--header", ":", *ECHO, "{b}", items="a,b\0001,2\000") == (
        b"<2>\n")
    assert rows("--csv", "--header", ":", *ECHO, "{a\nb}", items='"a\nb"\n1\n') == b"<1>\n"
    assert rows("--csv", "--header", ":", *ECHO, items="a\n") == b""
    assert rows("--csv", "--header", ":", *ECHO, items="") == b""


def test_a_header_on_a_pipe_takes_no_byte_of_the_items():
    many = "1\n" * 50_000  # more than one read returns
    out = rows("--csv", "--header", ":", "-n", "1000", "echo", "{a}", items="a\n" + many)
    assert out.split() == [b"1"] * 50_000


def test_a_column_that_the_header_lacks_is_wrong_use():
    done = conq("--csv", "--header", ":", "echo", "{titel}", items=TABLE)
    assert done.returncode == 2 and done.stdout == b""
    assert b"{titel}: the input has no such column" in done.stderr
    assert b"'title', 'the file', 'n'" in done.stderr
    done = conq("--csv", "--header", ":", "echo", "{a}", items="a,a\n1,2\n")
    assert done.returncode == 2 and b"two columns have this name" in done.stderr
    done = conq("--csv", "--header", ":", "-s", "echo {n}", items=TABLE)
    assert done.returncode == 2 and b'write "$3" for \'n\'' in done.stderr


def test_a_row_that_lacks_a_named_column_is_named_with_it():
    done = conq("--csv", "--header", ":", "echo", "{b}", items="a,b\n1,2\n3\n")
    assert done.returncode == 123 and done.stdout == b"2\n"
    assert b"job 2, '3': it has no column 2 (b), but 1: is the separator right" in done.stderr


def test_braces_that_name_no_column_stay_as_they_are():
    assert rows("--csv", "--header", ":", *ECHO, "{a b}{1x}{a", "{a}", items="a\n1\n") == (
        b"<{a b}{1x}{a><1>\n")


def test_a_queue_stores_columns_by_their_numbers(tmp_path):
    words = ("-k", "-q", tmp_path / "q", "--csv")
    assert conq(*words, "--header", ":", "echo", "{b}", items="a,b\n1,2\n").stdout == b"2\n"
    assert conq(*words, "echo", "{2}", items="3,4\n").stdout == b"4\n"
    moved = conq(*words, "--header", ":", "echo", "{b}", items="b,a\n2,1\n")
    assert moved.returncode == 2 and b"echo" in moved.stderr


def test_a_header_is_a_colon():
    done = conq("--csv", "--header", "echo", "{a}", items="a\n")
    assert done.returncode == 2 and b"write --header :" in done.stderr
