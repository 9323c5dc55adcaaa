#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs the proof suites for some minutes, each time from new seeds, and records what they checked.

    ./check --campaign MINUTES

The campaign builds first; MINUTES is the time for the tests. A unit of work is one case of a suite,
or a suite without cases. A run of a unit gets as much effort as takes some minutes. As many runs go
on at once as there are processors. The suites share the time. Within a suite, the cases go first
that will soonest have had all the effort that a campaign owes them (WORK): so a short campaign
completes the figures of some promises rather than a part of all. What a run published is merged
into the scoreboard when the run has passed, so a campaign may be ended at any time. A case that
fails is shown with its seed, not recorded and not run again, and in the end the campaign fails.
"""
import datetime
import json
import os
import pathlib
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
import typing

import scoreboard

ROOT = pathlib.Path(__file__).resolve().parents[1]


class Work(typing.NamedTuple):
    """How a campaign treats the suites of one label."""
    share: int  # of the time
    effort: float  # what a campaign owes to each case; CI runs 1
    has_cases: bool = True  # its programs are GoogleTest's
    in_one_run: bool = False  # what it counts is distinct within a run, not between runs


# (preset, label) -> Work
WORK = {
    ("check", "schedules"): Work(14, 100, in_one_run=True), ("check", "history"): Work(3, 10),
    ("asan", "teardown"): Work(6, 100), ("check", "oversubscription"): Work(1, 5),
    ("check", "storage"): Work(2, 10), ("check", "mutants"): Work(1, 1, False),
    ("asan", "schedules"): Work(1, 1), ("asan", "history"): Work(1, 1),
}
UNDER = {"check": "", "asan": ", ASan"}  # added to the name of the method
RUN_S = 300  # how long a run should take
LIMIT_S = 1200  # a run that takes longer has failed
LEAST_RUNS = 2  # that a campaign starts, however short it is, and however late it comes to that
FIRST_EFFORT = 0.05
TRIAL_S = 0.5  # a shorter run tells little about how long a larger one takes
SEEDS_PER_RUN = 10**9


class Unit:
    """A unit of work: a case of a suite, or a suite; and what is known about it."""

    def __init__(self, preset, label, command, case=""):
        self.preset, self.label, self.command, self.case = preset, label, command, case
        self.work = WORK[preset, label]
        self.owed = self.work.effort
        self.effort, self.took_s, self.shortest_s = 0.0, 0.0, 0.0  # of the last run
        self.is_running = False

    def __str__(self):
        return f"{self.preset} {self.case or pathlib.Path(self.command[-1]).name}"

    def next_effort(self, want_s):
        if not self.took_s:
            return min(FIRST_EFFORT, self.owed)
        longer = want_s / max(self.took_s, 0.05)
        if self.took_s < TRIAL_S:
            longer = min(longer, 20)
        elif not self.work.in_one_run:
            longer = min(longer, 5)  # some take more time than in proportion
        elif 0 < self.missing_s() < 2 * want_s:
            return self.owed
        return min(self.effort * longer, self.owed if self.owed > 0 else 1e6)

    def missing_s(self):
        """How long the effort that is still owed will take; 0 if unknown."""
        return self.owed * self.took_s / self.effort if self.took_s else 0

    def ran(self, effort, took_s):
        self.effort, self.took_s = effort, took_s
        self.shortest_s = min(self.shortest_s or took_s, took_s)
        if effort >= self.owed or not self.work.in_one_run:
            self.owed -= effort


def cases_of(command):
    """The tests of a GoogleTest program."""
    listed = subprocess.run([*command, "--gtest_list_tests"], capture_output=True, text=True,
                            check=True).stdout
    suite = ""
    for line in listed.splitlines():
        name = line.split("#")[0].strip()
        if line.startswith("  "):
            yield suite + name
        elif name.endswith("."):
            suite = name


def programs_of(preset):
    """The ctest tests with work in a preset: name, command (empty: not built yet), label."""
    listed = subprocess.run(["ctest", "--preset", preset, "--show-only=json-v1"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout
    for test in json.loads(listed[listed.index("{"):])["tests"]:
        labels = next(each["value"] for each in test["properties"] if each["name"] == "LABELS")
        for label in labels:
            if (preset, label) in WORK:
                yield test["name"], tuple(test.get("command", [])), label


def units_of(preset):
    """The units of a preset. A program that ctest runs in several parts appears once."""
    for command, label in {command: label for _, command, label in programs_of(preset)}.items():
        is_whole = len(command) > 1 or not WORK[preset, label].has_cases
        for case in [""] if is_whole else cases_of(command):
            yield Unit(preset, label, command, case)


class Run:
    """A run of a unit that is under way."""

    def __init__(self, unit, effort, seed, folder):
        self.unit, self.effort, self.seed, self.began = unit, effort, seed, time.monotonic()
        self.published = pathlib.Path(folder) / f"{seed}.lines"
        self.said = open(pathlib.Path(folder) / f"{seed}.said", "w+")
        variables = {"CONQ_EFFORT": f"{effort:.4g}", "CONQ_SEED": str(seed),
                     "CONQ_SCOREBOARD": str(self.published), "GTEST_FILTER": unit.case or "*"}
        self.process = subprocess.Popen(
            unit.command, cwd=folder, env={**os.environ, **variables}, stdout=self.said,
            stderr=self.said, stdin=subprocess.DEVNULL, start_new_session=True)
        unit.is_running = True

    def has_ended(self):
        if time.monotonic() - self.began > LIMIT_S:
            self.end()
        return self.process.poll() is not None

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def text(self):
        self.said.seek(0)
        return self.said.read()


class Campaign:
    def __init__(self, seconds, commit):
        self.seconds, self.commit = seconds, commit
        self.deadline = None  # known when it runs
        self.want_s = min(RUN_S, max(seconds / 8, 5))
        self.board = scoreboard.read(ROOT)
        self.units = [unit for preset in UNDER for unit in units_of(preset)]
        self.used_s = dict.fromkeys(WORK, 0.0)
        self.started = self.failed = self.recorded = 0
        self.running = []

    def run(self):
        self.deadline = time.monotonic() + self.seconds
        with tempfile.TemporaryDirectory() as folder:
            try:
                while self.start(folder) or self.running:
                    self.collect()
                    time.sleep(0.05)
            finally:
                for run in self.running:
                    run.end()

    def start(self, folder):
        """Starts as many runs as there are free processors. False: the time is over."""
        while True:
            left_s = self.deadline - time.monotonic()
            is_owed = self.started < LEAST_RUNS
            if left_s <= 1 and not is_owed:
                return False
            fitting = [unit for unit in self.units if is_owed or unit.shortest_s <= left_s]
            waiting = [unit for unit in fitting if not unit.is_running]
            if len(self.running) >= os.cpu_count() or not waiting:
                return bool(fitting)
            unit = min(waiting, key=self.rank)
            effort = unit.next_effort(min(self.want_s, max(left_s, 1)))
            seed = self.board["next_run"] * SEEDS_PER_RUN + 1
            self.board["next_run"] += 1
            self.running.append(Run(unit, effort, seed, folder))
            self.started += 1

    def rank(self, unit):
        """The lowest rank is next: what is owed, then the suite that lags, then the shortest."""
        group = unit.preset, unit.label
        now = time.monotonic()
        used_s = self.used_s[group] + sum(now - run.began for run in self.running
                                          if (run.unit.preset, run.unit.label) == group)
        return unit.owed <= 0, used_s / WORK[group].share, unit.missing_s()

    def collect(self):
        """Records the runs that have ended."""
        for run in [run for run in self.running if run.has_ended()]:
            self.running.remove(run)
            unit, took_s = run.unit, time.monotonic() - run.began
            unit.is_running = False
            self.used_s[unit.preset, unit.label] += took_s
            unit.ran(run.effort, took_s)
            said = f"{unit}: seed {run.seed}, effort {run.effort:.4g}, {took_s:.0f} s: "
            try:
                print(said + self.record(run), flush=True)
            except scoreboard.Refused as why:
                self.failed += 1
                self.units.remove(unit)
                print(f"{said}NOT RECORDED: {why}\n{run.text()}", flush=True)
            run.said.close()

    def record(self, run):
        if run.process.returncode != 0:
            raise scoreboard.Refused("it failed")
        if not run.published.exists():
            self.units.remove(run.unit)
            return "passed; it publishes nothing and is not run again"
        lines = scoreboard.published(run.published.read_text())
        for line in lines:
            line["method"] += UNDER[run.unit.preset]
        scoreboard.merge(self.board, lines, self.commit, datetime.date.today().isoformat(),
                         f"{platform.machine()}, {os.cpu_count()} processors")
        scoreboard.write(ROOT, self.board)
        self.recorded += 1
        return ", ".join(f"{line['property']} {line['count']:,}" for line in lines[:2]) + \
            (f", and {len(lines) - 2} more" if len(lines) > 2 else "")


def build(preset):
    """Builds the programs that the suites of a preset need. They are named as their tests are."""
    run_or_refuse(["cmake", "--preset", preset])
    targets = {re.sub(r"_\d+$", "", name) for name, command, _ in programs_of(preset)
               if len(command) <= 1}
    if targets:
        run_or_refuse(["cmake", "--build", "--preset", preset, "--target", *sorted(targets)])


def run_or_refuse(command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise scoreboard.Refused(f"{' '.join(command)} failed:\n{done.stdout[-5000:]}")


def main(arguments):
    try:
        minutes = float(arguments[0]) if len(arguments) == 1 else 0
    except ValueError:
        minutes = 0
    if not 0 < minutes < 10**5:
        print(__doc__)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        commit = scoreboard.commit_of(ROOT)
        for preset in UNDER:
            build(preset)
        if scoreboard.commit_of(ROOT) != commit:
            raise scoreboard.Refused("the tree changed while it was built")
    except scoreboard.Refused as why:
        print(f"campaign: {why}", file=sys.stderr)
        return 2
    campaign = Campaign(minutes * 60, commit)
    campaign.run()
    print(f"{campaign.recorded} runs recorded in {scoreboard.JSON}, {campaign.failed} failed")
    return 1 if campaign.failed or not campaign.recorded else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
