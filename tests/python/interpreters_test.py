# SPDX-License-Identifier: BSL-1.0
"""The module on every CPython from 3.10 on that this machine has: CPython's tests, and ours.

Most of what these do is to wait, so some run at a time.
"""
import concurrent.futures
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
OWN = ["queue_test", "batches_test", "priority_test", "hooks_test", "life_test", "waiting_test",
       "workers_test", "loops_test", "bridges_test", "types_test"]
DESCRIBE = ("import sys, platform; print(platform.python_implementation(), '%d.%d.%d' % "
            "sys.version_info[:3], getattr(sys, '_is_gil_enabled', lambda: True)(), sys.prefix)")


def candidates():
    yield sys.executable
    for minor in range(10, 30):
        yield shutil.which(f"python3.{minor}") or ""
    yield "/usr/bin/python3"
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    yield from sorted(glob.glob(f"{pyenv}/versions/3.*/bin/python3"))


def interpreters():
    """Path -> version of each; one for each installation. Those without the interpreter lock need a
    build of their own: free_threaded_test.py."""
    found = {}
    for path in candidates():
        if not path or not os.path.exists(path):
            continue
        done = subprocess.run([path, "-c", DESCRIBE], capture_output=True, text=True, check=False)
        described = done.stdout.split()
        if done.returncode != 0 or described[0] != "CPython":
            continue
        version = tuple(int(part) for part in described[1].split("."))
        if version >= (3, 10) and (described[2] == "True" or path == sys.executable):
            found.setdefault(described[3], (path, described[1]))
    return dict(found.values())


FOUND = interpreters()


@pytest.fixture(params=FOUND, ids=[f"{version}-{i}" for i, version in enumerate(FOUND.values())])
def interpreter(request):
    return request.param


def version_of(interpreter):
    return tuple(int(part) for part in FOUND[interpreter].split(".")[:2])


# How many tests there are at least, from Python 3.13 on and before. The longest first.
SUITES = {"test_thread_pool": (19, 19), "test_queue": (82, 28), "test_queues": (48, 35),
          "test_multiprocessing": (4, 4), "test_logging": (9, 9)}
BROKEN = """
import conq, standard_suites, sys
class Queue(conq.Queue):
    def _get(self): return self.queue.pop()
conq.Queue = Queue
sys.exit(standard_suites.main("test_queue"))
"""
AT_A_TIME = 4


def run(interpreter, *arguments):
    return subprocess.run([interpreter, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, cwd=HERE, timeout=500, check=False)


@pytest.fixture(scope="session", name="runs")
def all_runs():
    """(Interpreter, what) -> what it will have said."""
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        wanted = {(path, suite): ("standard_suites.py", suite) for suite in SUITES
                  for path in FOUND}
        wanted.update({(path, "own"): ("-m", "unittest", *OWN) for path in FOUND
                       if path != sys.executable})  # they run under pytest there
        wanted.update({(path, "broken"): ("-c", BROKEN) for path in FOUND})
        yield {key: pool.submit(run, key[0], *arguments) for key, arguments in wanted.items()}


def test_the_interpreters_are_listed(capsys):
    with capsys.disabled():
        print("\nCPython:", ", ".join(FOUND.values()))
    assert FOUND


RAN = {name: [] for name in SUITES}  # the interpreters that have it


@pytest.mark.parametrize("suite", SUITES)
def test_those_of_cpython_pass(runs, interpreter, suite, capsys):
    done = runs[interpreter, suite].result()
    if done.returncode == 3:
        with capsys.disabled():
            print(f"\nCPython {FOUND[interpreter]} is without {suite}")
        return  # see the next test
    RAN[suite].append(FOUND[interpreter])
    assert done.returncode == 0, done.stdout[-3000:]
    count = int(re.search(suite + r": (\d+) tests, 0 skipped", done.stdout)[1])
    new, old = SUITES[suite]
    assert count >= (new if version_of(interpreter) >= (3, 13) else old)


@pytest.mark.parametrize("suite", SUITES)
def test_some_interpreter_has_the_suite(suite, capsys):
    if not RAN[suite]:
        pytest.skip(f"CPython's {suite} is absent: install libpython3.11-testsuite, or what your "
                    "Python's own tests are in")
    with capsys.disabled():
        print(f"\n{suite} of CPython", ", ".join(RAN[suite]))


def test_a_broken_queue_does_not_pass(runs, interpreter):
    """The canary: a queue that forgets its order, and Python's tests notice."""
    done = runs[interpreter, "broken"].result()
    if done.returncode == 3:
        return  # the suite is absent
    assert done.returncode == 1
    # An import that fails ends with 1, too: the tests ran, and one of them has failed.
    assert re.search(r"^test_queue: \d+ tests, 0 skipped$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^FAIL: test_", done.stdout, re.MULTILINE), done.stdout


def test_our_own_tests_pass(runs, interpreter):
    if interpreter != sys.executable:
        done = runs[interpreter, "own"].result()
        assert done.returncode == 0, done.stdout[-3000:]
