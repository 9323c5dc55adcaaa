# SPDX-License-Identifier: BSL-1.0
"""Placeholders for an item, the line for a shell, and how many jobs run at once."""
import os

import pytest
from support import conq, lines


def output(*words, items):
    done = conq("-k", *words, items=items)
    assert done.returncode == 0 and done.stderr == b""
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize("placeholder, made", [
    ("{}", "in/a.tar.gz"), ("{.}", "in/a.tar"), ("{/}", "a.tar.gz"), ("{//}", "in"),
    ("{/.}", "a.tar"), ("{#}", "1"), ("{%}", "1"),
])
def test_each_placeholder_is_replaced_wherever_it_stands(placeholder, made):
    assert output("printf", "%s\n", placeholder, f"<{placeholder}{placeholder}>",
                  items="in/a.tar.gz\n") == [made, f"<{made}{made}>"]


def test_a_word_comes_once_for_each_item_and_numbers_once_a_job():
    assert output("-n2", "echo", "{#}", "{/.}.o", items="a.c\nb.c\nd/e.c\n") == [
        "1 a.o b.o", "2 e.o"]


def test_a_number_alone_takes_the_place_of_the_item():
    assert output("echo", "{#}", items=lines(3)) == ["1", "2", "3"]


def test_slots_are_as_many_as_jobs_at_once():
    assert set(output("-j2", "echo", "{%}", items=lines(100))) <= {"1", "2"}
    assert set(output("-j1", "echo", "{%}", items=lines(10))) == {"1"}


def test_another_placeholder_is_the_only_one():
    assert output("-I", "@", "echo", "{}", "{.}", "{#}", "@", items="a.b\n") == ["{} {.} {#} a.b"]


def test_what_only_begins_as_a_placeholder_stays():
    assert output("echo", "{", "{/", "}{}{", "{x}", items="a\n") == ["{ {/ }a{ {x}"]


def test_a_derived_word_is_one_argument_of_the_same_bytes():
    item = b"a b/$(c) 'd'\xff.e"
    done = conq("-0", "printf", "<%s>", "{/.}", items=item + b"\0")
    assert done.stdout == b"<$(c) 'd'\xff>"


def test_a_dry_run_fills_in_what_a_run_would():
    assert output("--dry-run", "cc", "{}", "-o", "{.}.o", items="a.c\nb c.c\n") == [
        "cc a.c -o a.o", "cc 'b c.c' -o 'b c.o'"]


def test_a_line_for_a_shell_gets_the_item_as_its_argument():
    text = 'printf "%s|" "$1" "$#" "${#1}"; echo "$0" | tr c k'
    assert output("-s", text, items="a b\n$(x)\n") == ["a b|1|3|konq", "$(x)|1|4|konq"]
    assert output("-n2", "-s", 'echo "$2$1"', items=lines(2)) == ["21"]


def test_a_line_for_a_shell_may_read_the_item():
    assert output("--stdin", "-s", "cat; echo $#", items="a\n") == ["a0"]


def test_a_line_for_a_shell_is_shown_by_a_dry_run():
    assert output("--dry-run", "-s", 'rm "$1"', items="a\n") == ["sh -c 'rm \"$1\"' conq a"]


def test_items_may_be_listed_behind_the_command():
    assert output("echo", "{}", "x", ":::", "a", "b c", "d\ne", items="unread\n") == [
        "a x", "b c x", "d", "e x"]
    assert output("-s", 'echo "$1"', ":::", "a", items="") == ["a"]
    assert output("-n2", "echo", ":::", "a", "--", "c", items="") == ["a --", "c"]
    assert output("-j1", "cat", "{}", ":::", "/dev/null", items="not the job's") == []
    assert output("true", ":::", items="unread\n") == []


def test_a_listed_item_that_is_empty_is_skipped_or_kept():
    done = conq("echo", "[{}]", ":::", "", "a")
    assert done.stdout == b"[a]\n" and b"1 empty items were skipped" in done.stderr
    assert output("--keep-empty", "echo", "[{}]", ":::", "", "a", items="") == ["[]", "[a]"]


def test_listed_items_need_no_input():
    done = conq("echo", ":::", "a", stdin=None)
    assert (done.returncode, done.stdout) == (0, b"a\n")


@pytest.mark.parametrize("words, said", [
    (["-a", "/dev/null", "true", ":::", "a"], b"give one of them"),
    (["true", ":::", "a", ":::", "b"], b"::: twice"), ([":::", "a"], b"there is no command"),
    (["-s", "echo {}"], b'write "$1" instead'), (["-s", ""], b"the text is empty"),
    (["-s", "echo", "cat"], b"give one of them"), (["-s"], b"-s"),
    (["-j", "0%", "true"], b"number of jobs"), (["-j", "+x", "true"], b"number of jobs"),
    (["-j", "%", "true"], b"number of jobs"), (["-j", "+", "true"], b"number of jobs"),
    (["-j", "", "true"], b"number of jobs"), (["-j", "-1", "true"], b"number of jobs"),
    (["-j", "10001", "true"], b"number of jobs"), (["-j", "+10000", "true"], b"number of jobs"),
    (["-j", "99999999999999999999", "true"], b"number of jobs"),
    (["-j", "18446744073709551615%", "true"], b"number of jobs"),
])
def test_wrong_use_is_2_with_the_mend(words, said):
    done = conq(*words, items=lines(1))
    assert done.returncode == 2 and said in done.stderr and done.stdout == b""


def all_run_at_once(count, folder, *words, name="{}"):
    """Whether COUNT jobs run at once: each makes a file, and waits until all files are there."""
    meet = f'echo > "$2/$1"; until [ $(ls "$2" | wc -l) -ge {count} ]; do :; done'
    return conq(*words, "sh", "-c", meet, "sh", name, folder, items=lines(count)).returncode == 0


def test_no_two_jobs_that_run_have_the_same_slot(tmp_path):
    assert all_run_at_once(4, tmp_path, "-j4", name="{%}")
    assert {path.name for path in tmp_path.iterdir()} == {"1", "2", "3", "4"}


@pytest.mark.parametrize("share", ["100%", "+0"])
def test_jobs_as_many_as_processors(tmp_path, share):
    assert all_run_at_once(os.cpu_count(), tmp_path, "-j", share)


def test_jobs_more_than_processors(tmp_path):
    assert all_run_at_once(os.cpu_count() + 2, tmp_path, "-j", "+2")


def test_the_least_share_is_one_job():
    assert set(output("-j", "1%", "echo", "{%}", items=lines(10))) == {"1"} or os.cpu_count() > 199
