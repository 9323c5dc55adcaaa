#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs the proof suites for some minutes, each time from other seeds, and keeps what they checked.

    ./check --campaign MINUTES

It builds first; the minutes are those of the tests. Each run is one test of ctest, with as much
effort as takes a few minutes; as many runs go on at once as there are processors, and the suites
share the time by SHARES. What a run published is merged into the scoreboard when it has passed, so
a campaign may be ended at any time. A test that fails is shown with its seed, not recorded, and not
run again; at the end the campaign has failed.
"""
import datetime
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys
import tempfile
import time

import scoreboard

ROOT = pathlib.Path(__file__).resolve().parents[1]
# (preset, label) -> its share of the time.
SHARES = {
    ("check", "schedules"): 16, ("check", "history"): 4, ("asan", "teardown"): 3,
    ("check", "oversubscription"): 2, ("check", "mutants"): 1, ("asan", "schedules"): 1,
    ("asan", "history"): 1,
}
UNDER = {"check": "", "asan": ", ASan"}  # what the method's name gains
RUN_S = 240  # how long a run should take: ctest ends one after 600 s
FIRST_EFFORT = 0.05
SEEDS_PER_RUN = 10**9


class Suite:
    """One test of ctest under one preset, and what is known of it."""

    def __init__(self, preset, name, share):
        self.preset, self.name, self.share = preset, name, share
        self.used_s, self.effort, self.shortest_s = 0.0, FIRST_EFFORT, 0.0

    def plan(self, took_s, want_s):
        """After a run: the effort of the next one, so that it takes `want_s`."""
        self.used_s += took_s
        self.shortest_s = min(self.shortest_s or took_s, took_s)
        self.effort = min(self.effort * min(want_s / max(took_s, 0.1), 20), 1e6)


def suites_of(preset):
    """The tests of the proof suites that a preset has."""
    listed = subprocess.run(["ctest", "--preset", preset, "--show-only=json-v1"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout
    found = []
    for test in json.loads(listed[listed.index("{"):])["tests"]:
        labels = next(each["value"] for each in test["properties"] if each["name"] == "LABELS")
        found += [(label, test["name"]) for label in labels if (preset, label) in SHARES]
    return [Suite(preset, name, SHARES[preset, label] / sum(label == other for other, _ in found))
            for label, name in found]


class Run:
    """A run of a suite that goes on."""

    def __init__(self, suite, effort, seed, folder):
        self.suite, self.effort, self.seed, self.began = suite, effort, seed, time.monotonic()
        self.published = pathlib.Path(folder) / f"{seed}.lines"
        self.said = open(pathlib.Path(folder) / f"{seed}.said", "w+")
        variables = {"CONQ_EFFORT": f"{effort:.4g}", "CONQ_SEED": str(seed),
                     "CONQ_SCOREBOARD": str(self.published)}
        self.process = subprocess.Popen(
            ["ctest", "--preset", suite.preset, "-R", f"^{suite.name}$", "--output-on-failure"],
            cwd=ROOT, env={**os.environ, **variables}, stdout=self.said, stderr=self.said,
            stdin=subprocess.DEVNULL, start_new_session=True)

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def text(self):
        self.said.seek(0)
        return self.said.read()


class Campaign:
    def __init__(self, seconds, commit):
        self.deadline, self.commit = time.monotonic() + seconds, commit
        self.want_s = min(RUN_S, max(seconds / 8, 5))
        self.board = scoreboard.read(ROOT)
        self.suites = [suite for preset in UNDER for suite in suites_of(preset)]
        self.failed = self.recorded = 0
        self.running = []

    def run(self):
        with tempfile.TemporaryDirectory() as folder:
            try:
                while self.start(folder) or self.running:
                    self.collect()
                    time.sleep(0.1)
            finally:
                for run in self.running:
                    run.end()

    def start(self, folder):
        """Starts the runs that there are processors for. False: the time is over."""
        while (left_s := self.deadline - time.monotonic()) > 1:
            if len(self.running) >= os.cpu_count():
                return True
            fitting = [suite for suite in self.suites if suite.shortest_s <= left_s]
            if not fitting:
                return False
            # One that runs counts as if it had used its time already.
            suite = min(fitting, key=lambda each: (each.used_s + sum(
                self.want_s for run in self.running if run.suite is each)) / each.share)
            effort = suite.effort * min(1, left_s / self.want_s)
            seed = self.board["next_run"] * SEEDS_PER_RUN + 1
            self.board["next_run"] += 1
            self.running.append(Run(suite, effort, seed, folder))
        return False

    def collect(self):
        """Records the runs that have ended."""
        for run in [run for run in self.running if run.process.poll() is not None]:
            self.running.remove(run)
            suite, took_s = run.suite, time.monotonic() - run.began
            suite.effort = run.effort
            suite.plan(took_s, self.want_s)
            said = f"{suite.preset} {suite.name}: seed {run.seed}, effort {run.effort:.4g}, " \
                   f"{took_s:.0f} s: "
            try:
                print(said + self.record(run), flush=True)
            except scoreboard.Refused as why:
                self.failed += 1
                self.drop(suite)
                print(f"{said}NOT RECORDED: {why}\n{run.text()}", flush=True)
            run.said.close()

    def drop(self, suite):
        self.suites = [each for each in self.suites if each is not suite]

    def record(self, run):
        if run.process.returncode != 0:
            raise scoreboard.Refused("it failed")
        if not run.published.exists():
            self.drop(run.suite)
            return "passed; it publishes nothing and is not run again"
        lines = scoreboard.published(run.published.read_text())
        for line in lines:
            line["method"] += UNDER[run.suite.preset]
        scoreboard.merge(self.board, lines, self.commit, datetime.date.today().isoformat(),
                         f"{platform.machine()}, {os.cpu_count()} processors")
        scoreboard.write(ROOT, self.board)
        self.recorded += 1
        return ", ".join(f"{line['property']} {line['count']:,}" for line in lines[:2]) + \
            (f", and {len(lines) - 2} more" if len(lines) > 2 else "")


def build(preset):
    """Builds what a preset's suites need."""
    for command in (["cmake", "--preset", preset], ["cmake", "--build", "--preset", preset]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise scoreboard.Refused(f"{preset} does not build:\n{done.stdout[-5000:]}")


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
