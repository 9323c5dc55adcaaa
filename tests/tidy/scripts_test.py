# SPDX-License-Identifier: BSL-1.0
"""The scripts of the front door tell the truth: a failure, a skipped test, a missing package."""
import os
import re
import shutil
import subprocess

import pytest
from rules import SOURCE


def bash(text, **options):
    return subprocess.run(["bash", "-euo", "pipefail", "-c", text], capture_output=True, text=True,
                          cwd=SOURCE, **options)


def stages(text):
    return bash(". tools/stages.sh\n" + text + "\nreport 0")


def test_a_stage_that_passes_is_counted():
    done = stages("""
        says() { printf '1: [  PASSED  ] 56 tests.\\n2: .....\\n2: 30 passed in 0.66s\\n'; }
        stage "a stage" says""")
    assert done.returncode == 0
    assert "a stage" in done.stdout and "86 tests" in done.stdout
    assert done.stdout.endswith("All stages passed in 0 s.\n86 passed, 0 failed\n")


@pytest.mark.parametrize("says, passed, failed", [
    ("1: [  PASSED  ] 4 tests.\n1:  2 FAILED TESTS\n", 4, 2),
    ("2: 1 failed, 29 passed in 0.66s\n", 29, 1),
    ("2: 3 failed in 0.66s\n", 0, 3),
    ("Segmentation fault\n", 0, 1),
])
def test_canary_a_stage_that_fails_is_seen(says, passed, failed):
    done = stages(f"""
        says() {{ printf '%s' '{says}'; return 8; }}
        stage "bad" says || true
        stage "good" true""")
    assert done.returncode == 1
    assert "FAILED" in done.stdout and says.splitlines()[-1] in done.stdout
    assert "1 stage(s) failed" in done.stdout
    assert done.stdout.endswith(f"\n{passed} passed, {failed} failed\n")


def test_a_failed_program_is_shown_and_counted_once():
    done = stages("""
        says() {
            printf '%s\\n' '7: E assert 1 == 2' '7: 1 failed, 29 passed in 0.5s' \\
                '1/2 Test  #7: tidy ....***Failed    0.01 sec' '1 failed, 29 passed in 0.5s' \\
                '8: [  PASSED  ] 5 tests.' '2/2 Test  #8: workers ....   Passed    0.01 sec'
            return 8
        }
        stage "bad" says || true""")
    assert done.returncode == 1
    assert "E assert 1 == 2" in done.stdout and "8: " not in done.stdout
    assert done.stdout.endswith("\n34 passed, 1 failed\n")


@pytest.mark.parametrize("says, name", [
    ("1: [  SKIPPED ] put_get.waits (0 ms)", "put_get.waits"),
    ("2: SKIPPED [1] a_test.py:7: no terminal", "a_test.py:7: no terminal"),
    ("3/9 Test #3: lint ....***Not Run (Disabled)   0.00 sec", "lint"),
    ("3/9 Test #3: lint ....***Skipped   0.00 sec", "lint"),
])
def test_canary_a_skipped_test_is_seen(says, name):
    done = stages(f"""
        says() {{ echo '{says}'; }}
        stage "skips" says
        cat "$stage_logs/skipped" """)
    assert done.returncode == 0
    assert name in done.stdout.splitlines()


def test_a_stage_reads_no_terminal():
    done = stages('stage "reads" cat')
    assert done.returncode == 0


def test_the_seconds_of_suites_are_summed():
    done = stages("""
        says() { printf 'cli  =   2.50 sec*proc (6 tests)\nabc=1.5 sec*proc\n'; }
        stage "one" says
        stage "two" says
        shares cli more""")
    assert "         5 cli\n         3 abc\n         5 in all of cli more\n" in done.stdout


def stages_of_ci():
    """What .ci/stages names."""
    lines = (SOURCE / ".ci/stages").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


@pytest.fixture
def ci(tmp_path):
    """Runs CI over a check that is three lines long; CI expects the stages of the real one."""
    expected = stages_of_ci()

    def run(names):
        for name in (".ci/run", "tools/stages.sh"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(SOURCE / name, tmp_path / name)
        (tmp_path / ".ci/stages").write_text("".join(f"{name}\n" for name in expected))
        lines = [f"stage '{name}' true" for name in names]
        (tmp_path / "check").write_text("#!/usr/bin/env bash\n. tools/stages.sh\n"
                                        + "\n".join(lines) + "\nreport 0\n")
        (tmp_path / "check").chmod(0o755)
        return subprocess.run([tmp_path / ".ci/run"], capture_output=True, text=True)
    return expected, run


def test_ci_passes_if_every_stage_ran(ci):
    expected, run = ci
    done = run(expected)
    assert len(expected) > 10
    assert done.returncode == 0
    assert done.stdout.endswith("\n0 passed, 0 failed\n")


@pytest.mark.parametrize("which", [0, 5, -1])
def test_canary_a_stage_that_ci_skipped_is_found(ci, which):
    expected, run = ci
    skipped = expected[which]
    done = run([name for name in expected if name != skipped])
    assert done.returncode == 1
    assert done.stdout.endswith(f"\n{skipped}\n")


def test_canary_a_stage_that_ci_does_not_know_is_found(ci):
    expected, run = ci
    done = run(expected + ["a new one"])
    assert done.returncode == 1
    assert done.stdout.endswith("\n\ta new one\n")


def test_the_stages_that_ci_expects_are_those_of_check():
    """Found here, in a second; CI itself would tell at its end."""
    text = (SOURCE / "check").read_text()
    in_full = text[text.index('"$mode" == --all ]]; then\n    export'):text.index("\nelse\n")]
    presets = re.findall(r"build_and_test (\w+)", in_full)
    names = [f"{preset}: {step}" for preset in presets for step in ("build", "test")]
    names += re.findall(r'stage "([^"]+)"', in_full)
    names += re.findall(r'stage "([^"$]+)"', text[:text.index("may_be_absent")])
    assert sorted(names) == sorted(stages_of_ci())


@pytest.fixture
def bare_machine(tmp_path):
    """A PATH on which no package is installed, and nobody is root or may become it."""
    for name, text in {"dpkg-query": "exit 1", "id": "echo 1000", "sudo": "exit 1",
                       "apt-get": "echo apt-get was called >&2; exit 1"}.items():
        (tmp_path / name).write_text("#!/bin/sh\n" + text + "\n")
        (tmp_path / name).chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def test_without_root_the_missing_packages_are_named(bare_machine):
    done = bash("tools/install.sh build check", env=bare_machine, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert "apt-get install g++ cmake" in done.stderr and "libgtest-dev" in done.stderr
    assert "apt-get was called" not in done.stderr
    assert "clang-19" not in done.stderr  # of a group that was not asked for


def test_a_failed_installation_is_a_failure(bare_machine, tmp_path):
    (tmp_path / "id").write_text("#!/bin/sh\necho 0\n")
    done = bash("tools/install.sh build", env=bare_machine, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert done.stdout.startswith("These packages are missing and will be installed: g++ cmake")
    assert "apt-get was called" in done.stderr


@pytest.mark.parametrize("script", ["check", "quickstart"])
def test_an_unknown_option_is_refused_with_help(script):
    done = bash(f"./{script} --no-such-option", stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert f"./{script}" in done.stdout
