# SPDX-License-Identifier: BSL-1.0
"""urllib3's own tests of its pools, from its source package, with our LifoQueue in the pools."""
import os
import re
import subprocess
import tarfile
import venv

import pytest

# One looks at the class's name, the other replaces queue.Empty in the module queue.
OTHERS = ["test_default_queuecls_uses_current_lifoqueue", "test_queue_monkeypatching"]
# These versions passed: what others release later must not fail here.
URLLIB3, NEEDED = "urllib3==2.8.0", ["pytest==9.2.0", "pytest-timeout==2.4.0", "trustme==1.2.1"]
IN_OURS = """
import conq
from urllib3.connectionpool import ConnectionPool

made = []


class Counted(conq.LifoQueue):
    def __init__(self, *given):
        super().__init__(*given)
        made.append(1)


ConnectionPool.QueueCls = Counted


def pytest_unconfigure():
    print("pools with our queue:", len(made))
"""


def run(*words, **options):
    return subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=500, **options)


@pytest.fixture(scope="module", name="place")
def sources(tmp_path_factory):
    """A folder with urllib3's sources, and an environment with what its tests need."""
    place = tmp_path_factory.mktemp("urllib3")
    venv.create(place / "v", with_pip=True)
    pip = place / "v/bin/pip"
    asked = run(pip, "download", "--no-binary", "urllib3", "-d", place, URLLIB3, *NEEDED)
    if asked.returncode != 0:
        pytest.skip("no package registry: urllib3's source package, and what it needs, cannot be "
                    "had")
    done = run(pip, "install", "--no-index", "--find-links", place, *NEEDED)
    assert done.returncode == 0, done.stdout[-3000:]
    with tarfile.open(next(place.glob("urllib3-*.tar.gz"))) as archive:
        archive.extractall(place)
    return place


def test_its_pools_work_on_our_queue(place):
    (place / "in_ours.py").write_text(IN_OURS, encoding="utf-8")
    root = next(each for each in place.glob("urllib3-*") if each.is_dir())
    path = os.pathsep.join([os.environ["CONQ_MODULE"], str(place), str(root / "src")])
    skipped = " and ".join(f"not {name}" for name in OTHERS)
    done = run(place / "v/bin/python", "-m", "pytest", "-q", "--noconftest", "-p", "in_ours",
               "-p", "no:cacheprovider", "-k", skipped, "test/test_connectionpool.py",
               "test/test_poolmanager.py", cwd=root, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 100
    assert int(re.search(r"pools with our queue: (\d+)", done.stdout)[1]) > 0, "the canary"
