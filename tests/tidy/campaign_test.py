# SPDX-License-Identifier: BSL-1.0
"""The scoreboard keeps what can be repeated, and a campaign records what has passed: no more."""
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest
from rules import SOURCE

sys.path.insert(0, str(SOURCE / "tools"))
import scoreboard  # noqa: E402

LINE = {"property": "parking: queue", "method": "schedules", "count": 10, "distinct": 4, "seed": 7}
COMMIT = "0123456789ab"


def merged(*lines, commit=COMMIT, board=None):
    board = board or {"next_run": 0, "lines": []}
    scoreboard.merge(board, [{**LINE, **line} for line in lines], commit, "2025-01-02", "x, 2")
    return board


def test_totals_accumulate_by_property_and_method():
    board = merged({})
    merged({"count": 5, "distinct": 3, "seed": 3}, {"method": "views"}, board=board)
    merged({"count": 1_000, "distinct": 0, "seed": 11}, commit="ba9876543210", board=board)
    page = scoreboard.table(board)
    assert "| parking: queue | schedules | 1,015 | 1,000 | 4 | 3 … 11 | ba9876543210 |" in page
    assert "| parking: queue | views | 10 | 10 | 4 | 7 … 7 | 0123456789ab | 2025-01-02 |" in page
    first = board["lines"][0]
    assert (first["runs"], first["count"], first["commit"]) == (2, 15, COMMIT)


def test_the_same_seed_again_is_no_more_than_it_was():
    board = merged({"count": 10})
    for count, kept in ((10, 10), (12, 12), (5, 12)):
        merged({"count": count}, board=board)
        assert board["lines"][0]["count"] == kept


@pytest.mark.parametrize("line, commit", [
    ({"seed": 0}, COMMIT), ({}, None), ({}, ""), ({}, "main"), ({"count": 0}, COMMIT),
    ({"property": ""}, COMMIT),
])
def test_canary_a_figure_that_cannot_be_repeated_is_refused(line, commit):
    board = {"next_run": 0, "lines": []}
    with pytest.raises(scoreboard.Refused):
        merged({"property": "whole"}, line, commit=commit, board=board)
    assert board["lines"] == []  # nor is the rest of that run


def test_what_tests_publish_is_read():
    text = "parking: queue\tschedules\t10\t4\t7\n"  # as tests/support/scoreboard.test.cpp writes it
    assert scoreboard.published(text) == [LINE]


@pytest.mark.parametrize("text", ["words\n", "a\tb\t1\t2\n", "a\tb\t1\t2\t3\t4\n",
                                  "a\tb\tmany\t2\t3\n", "a\tb\t-1\t2\t3\n"])
def test_canary_a_broken_line_is_refused(text):
    with pytest.raises(scoreboard.Refused):
        scoreboard.published(text)


FAKE_CTEST = """#!/usr/bin/env bash
case " $* " in
    *" asan "*) echo '{"tests": []}' ;;
    *) cat tests.json ;;
esac
"""
# Poses as a program of GoogleTest with one case of its own name.
FAKE_TEST = r"""#!/usr/bin/env bash
name=${0##*/}
[[ "$*" != --gtest_list_tests ]] || { printf 'suite.\n  %s  # comment\n' "$name"; exit; }
[[ "$GTEST_FILTER" == "suite.$name" ]] || exit 9
case "$name" in
    holds) [[ ! -e "${0%/*}/slow" ]] || sleep 1000
        printf 'p\tm\t%s\t0\t%s\n' 5 "$CONQ_SEED" >> "$CONQ_SCOREBOARD" ;;
    fails) printf 'bad\tm\t5\t0\t%s\n' "$CONQ_SEED" >> "$CONQ_SCOREBOARD"
        echo "it failed with seed $CONQ_SEED"; exit 8 ;;
    seedless) printf 'seedless\tm\t5\t0\t0\n' >> "$CONQ_SCOREBOARD" ;;
    *) exit 9 ;;
esac
"""


class Project:
    """A committed tree with the tools, and a build and tests that are pretended."""

    def __init__(self, folder):
        self.folder = folder / "tree"
        shutil.copytree(SOURCE / "tools", self.folder / "tools")
        (folder / "bin").mkdir()
        for name, text in (("ctest", FAKE_CTEST), ("cmake", "#!/bin/sh\nexit 0\n")):
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        self.variables = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}",
                          "GIT_CONFIG_GLOBAL": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}
        self.have_tests("holds")
        self.git("init", "-q")
        self.commit()

    def have_tests(self, *names):
        properties = [{"name": "LABELS", "value": ["schedules"]}]
        tests = [{"name": name, "command": [str(self.folder / name)], "properties": properties}
                 for name in names]
        for name in names:
            (self.folder / name).write_text(FAKE_TEST)
            (self.folder / name).chmod(0o755)
        (self.folder / "tests.json").write_text(json.dumps({"tests": tests}))

    def git(self, *arguments):
        return subprocess.run(["git", "-C", str(self.folder), *arguments], env=self.variables,
                              check=True, capture_output=True, text=True).stdout.strip()

    def commit(self):
        self.git("add", "-A")
        self.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x")

    def start(self, minutes):
        return subprocess.Popen([self.folder / "tools/campaign.py", minutes], env=self.variables,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def campaign(self, minutes="0.03"):
        running = self.start(minutes)
        out, err = running.communicate(timeout=60)
        return running.returncode, out + err

    def lines(self):
        return scoreboard.read(self.folder)["lines"]


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_a_campaign_records_what_passed(project):
    code, said = project.campaign()
    assert code == 0, said
    (line,) = project.lines()
    assert line["commit"] == project.git("rev-parse", "--short=12", "HEAD")
    assert line["count"] == 5 * line["runs"] > 0
    assert "| p | m | " in (project.folder / scoreboard.TABLE).read_text()
    code, said = project.campaign()  # its own files may differ from the commit
    assert code == 0, said
    (again,) = project.lines()
    assert again["count"] > line["count"]
    assert again["first_seed"] == 1 and again["last_seed"] > line["last_seed"]


def test_a_campaign_that_is_too_short_for_anything_runs_two_units(project):
    project.have_tests("holds", "fails")
    project.commit()
    code, said = project.campaign("0.0001")
    assert code == 1 and "it failed with seed" in said
    (line,) = project.lines()
    assert line["runs"] == 1


@pytest.mark.parametrize("name, why", [("fails", "it failed with seed"), ("seedless", "no seed")])
def test_canary_a_run_that_failed_is_not_recorded(project, name, why):
    project.have_tests("holds", name)
    project.commit()
    code, said = project.campaign()
    assert code == 1
    assert "NOT RECORDED" in said and why in said
    assert {line["property"] for line in project.lines()} == {"p"}


@pytest.mark.parametrize("changed", ["new_file", "tests.json"])
def test_canary_an_uncommitted_tree_is_not_recorded(project, changed):
    with open(project.folder / changed, "a") as file:
        file.write("\n")
    code, said = project.campaign()
    assert code == 2 and changed in said
    assert project.lines() == []


def test_a_campaign_that_is_ended_keeps_what_it_has(project):
    assert project.campaign()[0] == 0
    before = project.lines()
    (project.folder / "slow").touch()
    project.commit()
    running = project.start("10")
    while not (found := descendants(running.pid, "sleep")):
        assert running.poll() is None
        time.sleep(0.01)
    files = [os.pidfd_open(int(process)) for process in found]
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=20) == 143
    assert project.lines() == before
    for file in files:  # its tests end with it, sooner than their 1000 s
        assert select.select([file], [], [], 20)[0]
        os.close(file)


def stat_of(process):
    with open(f"/proc/{process}/stat") as file:
        name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
    return [name, *rest.split()]


def descendants(process, name):
    found = []
    for child in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = stat_of(child)
        except OSError:
            continue
        if stat[2] == str(process):
            found += [child] if stat[0] == name else descendants(child, name)
    return found


@pytest.mark.parametrize("arguments", [[], ["0"], ["-1"], ["soon"], ["1", "2"]])
def test_wrong_use_is_refused_with_help(arguments):
    done = subprocess.run([SOURCE / "tools/campaign.py", *arguments], capture_output=True,
                          text=True)
    assert done.returncode == 2
    assert "./check --campaign MINUTES" in done.stdout
