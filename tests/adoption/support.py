# SPDX-License-Identifier: BSL-1.0
"""What the tests of adoption share."""
import os
import pathlib
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ["CONQ_SOURCE"])
CXX = os.environ["CXX"]
STRICT = ("-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror")


def run(*words, **options):
    """What the command says on standard output; it has to succeed."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def headers():
    """The name under include/ of each header, and the C++ that it asks for."""
    for file in sorted((SOURCE / "include").rglob("*.hpp")):
        name = str(file.relative_to(SOURCE / "include"))
        yield name, "-std=c++23" if name == "conq/p0260.hpp" else "-std=c++20"


def need(*tools):
    """Skips the test where one is missing; CI installs them all."""
    for tool in tools:
        if shutil.which(tool) is None:
            assert not os.environ.get("CI"), f"{tool} is missing"
            pytest.skip(f"{tool} is not installed")
