# SPDX-License-Identifier: BSL-1.0
"""For aarch64 the contract suite is cross-compiled, and passes under qemu's emulation."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ["CONQ_SOURCE"])
COMPILER, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"
GOOGLETEST = pathlib.Path("/usr/src/googletest")
DEATHS = "*is_reported*"
SHARDS = 4
LIMIT_S = 900


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    assert done.returncode == 0, f"{words}\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def contract(tmp_path_factory):
    for tool in (COMPILER, EMULATOR, GOOGLETEST / "CMakeLists.txt"):
        if shutil.which(tool) is None and not pathlib.Path(tool).exists():
            assert not os.environ.get("CI"), f"{tool} is missing"
            pytest.skip(f"{tool} is not installed")
    build = tmp_path_factory.mktemp("aarch64")
    run("cmake", "-G", "Ninja", "-S", SOURCE / "tests/emulated/program", "-B", build,
        f"-DCONQ_SOURCE={SOURCE}", "-DCMAKE_SYSTEM_NAME=Linux", "-DCMAKE_SYSTEM_PROCESSOR=aarch64",
        f"-DCMAKE_CXX_COMPILER={COMPILER}", "-DCMAKE_CXX_FLAGS=-Og", f"-DGOOGLETEST={GOOGLETEST}")
    run("cmake", "--build", build, "--target", "contract")
    return build / "contract"


def test_it_is_a_program_for_aarch64(contract):
    machine = int.from_bytes(contract.read_bytes()[18:20], "little")  # e_machine of the ELF header
    assert machine == 183


def test_every_promise_holds_under_emulation(contract):
    def start(shard):
        variables = {"GTEST_TOTAL_SHARDS": str(SHARDS), "GTEST_SHARD_INDEX": str(shard)}
        return subprocess.Popen([EMULATOR, contract, f"--gtest_filter=-{DEATHS}"], text=True,
                                env={**os.environ, **variables}, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    cells = 0
    running = [start(shard) for shard in range(SHARDS)]
    try:
        for each in running:
            said, _ = each.communicate(timeout=LIMIT_S)
            assert each.returncode == 0, said[-5000:]
            cells += int(re.search(r"on \d+ queues: (\d+) cells hold", said)[1])
    finally:
        for each in running:
            each.kill()
    print(f"aarch64, emulated: {cells} cells of the contract hold")
    assert cells > 600


def test_misuse_is_reported():
    pytest.skip("no deaths under an emulator: such a test executes its program anew, and only the "
                "emulator can execute it")
