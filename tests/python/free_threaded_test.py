# SPDX-License-Identifier: BSL-1.0
"""A build for each CPython without the interpreter lock that is found on the path (python3.13t and
newer), and the module's own tests and CPython's on it."""
import os
import pathlib
import shutil
import subprocess

import pytest

from interpreters_test import OWN

SOURCE = pathlib.Path(os.environ["CONQ_SOURCE"])
FOUND = [path for path in (shutil.which(f"python3.{minor}t") for minor in range(13, 30)) if path]
pytestmark = pytest.mark.skipif(not FOUND, reason="no free-threaded CPython on the path")


def run(*words, **options):
    return subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=500, check=False, **options)


@pytest.fixture(scope="module", params=FOUND or ["none"], name="built")
def built_for(request, tmp_path_factory):
    """The interpreter, and the environment in which it finds the module."""
    build = tmp_path_factory.mktemp("build")
    done = run("cmake", "-S", SOURCE, "-B", build, "-G", "Ninja", "-DCMAKE_CXX_FLAGS=-O2",
               "-DCONQ_PYTHON=ON", f"-DPython3_EXECUTABLE={request.param}",
               *(f"-DCONQ_BUILD_{what}=OFF" for what in ("TESTS", "EXAMPLES", "COMMAND")))
    assert done.returncode == 0, done.stdout[-3000:]
    done = run("cmake", "--build", build)
    assert done.returncode == 0, done.stdout[-3000:]
    return request.param, {**os.environ, "PYTHONPATH": str(build / "python")}


def test_the_import_does_not_bring_the_lock_back(built):
    interpreter, env = built
    program = "import conq, conq.asyncio, conq.jobs, sys; sys.exit(sys._is_gil_enabled())"
    done = run(interpreter, "-W", "error", "-c", program, env=env)
    assert done.returncode == 0, done.stdout


def test_our_own_tests_pass(built):
    interpreter, env = built
    done = run(interpreter, "-m", "unittest", *OWN, cwd=SOURCE / "tests/python", env=env)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("suite", ["test_queue", "test_queues", "test_thread_pool",
                                   "test_logging", "test_multiprocessing"])
def test_those_of_cpython_pass(built, suite):
    interpreter, env = built
    done = run(interpreter, "standard_suites.py", suite, cwd=SOURCE / "tests/python", env=env)
    assert done.returncode in (0, 3), done.stdout[-3000:]
