# SPDX-License-Identifier: BSL-1.0
"""`pip install .` in a clean environment gives the module, its types and the command."""
import os
import pathlib
import subprocess
import venv

import pytest

SOURCE = pathlib.Path(os.environ["CONQ_SOURCE"])
CLEAN = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
OWN = ["queue_test", "batches_test", "priority_test", "hooks_test", "waiting_test", "workers_test",
       "loops_test", "types_test"]
# A version that passed: what others release later must not fail here.
BUILDER = "scikit-build-core==1.1.2"


def run(*words, **options):
    return subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, env=CLEAN,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)


@pytest.fixture(scope="module", name="folder")
def installed(tmp_path_factory):
    """The folder of an environment's programs, with the wheel in it."""
    place = tmp_path_factory.mktemp("clean")
    venv.create(place, with_pip=True)
    pip = place / "bin/pip"
    asked = run(pip, "download", "-d", place / "asked", BUILDER)
    if asked.returncode != 0:
        pytest.skip("no package registry: the wheel's build tool cannot be had")
    done = run(pip, "install", "--no-index", "--find-links", place / "asked", SOURCE)
    assert done.returncode == 0, done.stdout[-5000:]
    return place / "bin"


def test_it_is_one_wheel_for_every_cpython(folder):
    tags = [line for file in folder.parent.glob("lib/*/site-packages/conq-*/WHEEL")
            for line in file.read_text().splitlines() if line.startswith("Tag:")]
    assert len(tags) == 1 and tags[0].startswith("Tag: cp310-abi3-")


def test_the_module_passes_its_own_tests(folder):
    done = run(folder / "python", "-m", "unittest", *OWN, cwd=SOURCE / "tests/python")
    assert done.returncode == 0, done.stdout[-5000:]


def test_it_has_types(folder):
    package = run(folder / "python", "-c", "import conq; print(conq.__path__[0])").stdout.strip()
    assert package.startswith(str(folder.parent))
    assert {"py.typed", "__init__.pyi"} <= set(os.listdir(package))


def test_the_command_is_in_it(folder):
    assert run(folder / "conq", "run", "-k", "echo", "{}", input="1\n2\n").stdout == "1\n2\n"
