# SPDX-License-Identifier: BSL-1.0
"""The examples print what they say."""
import os
import pathlib
import re
import subprocess

EXAMPLES = pathlib.Path(os.environ["EXAMPLES"])
SOURCE = pathlib.Path(os.environ["CONQ_SOURCE"])


def run(name, *arguments):
    return subprocess.run([EXAMPLES / name, *map(str, arguments)], capture_output=True, text=True,
                          timeout=60)


def test_producer_consumer_prints_whole_lines_and_ends():
    for _ in range(20):
        done = run("producer_consumer")
        assert done.returncode == 0 and done.stderr == ""
        lines = done.stdout.splitlines()
        puts = [line for line in lines if re.fullmatch(r"producer puts item \d", line)]
        gets = [line for line in lines if re.fullmatch(r"consumer [123] got item \d", line)]
        ends = [line for line in lines if re.fullmatch(r"consumer [123] ends", line)]
        assert puts == [f"producer puts item {i}" for i in range(10)]
        assert sorted(line[-1] for line in gets) == [str(i) for i in range(10)]
        assert sorted(ends) == [f"consumer {i} ends" for i in (1, 2, 3)]
        assert len(lines) == 24
        all_done = lines.index("all items have been processed")
        assert all(lines.index(line) < all_done for line in gets)
        assert all(lines.index(line) > all_done for line in ends)


def test_pipeline_finds_the_longest_sequence():
    done = run("pipeline")
    assert done.returncode == 0
    assert done.stdout == \
        "below 100001 the longest sequence starts at 77031 and takes 350 steps\n"


def test_word_count_equals_the_shell():
    files = sorted(str(f) for f in (SOURCE / "include").rglob("*.hpp"))
    files += [str(SOURCE / "LICENSE")]
    shell = subprocess.run(
        r"cat '{}' | LC_ALL=C tr -cs A-Za-z '\n' | grep . | LC_ALL=C sort | uniq -c".format(
            "' '".join(files)),
        shell=True, capture_output=True, text=True, check=True)
    done = run("word_count", *files)
    assert done.returncode == 0
    assert len(done.stdout) > 10000
    assert done.stdout == shell.stdout


def test_word_count_names_a_file_that_cannot_be_read():
    done = run("word_count", SOURCE / "LICENSE", SOURCE / "no such file")
    assert done.returncode == 1
    assert "no such file" in done.stderr
