# SPDX-License-Identifier: BSL-1.0
"""The Debian package that CPack makes is installed into a fresh root, used there, and removed."""
import gzip
import os
import pathlib
import re
import shutil

import pytest
from support import CXX, STRICT, need, run

BUILD = pathlib.Path(os.environ["CONQ_BUILD"])
PROGRAM = """
#include <conq/conq.hpp>
int main() { return conq::queue<int>().empty() ? 0 : 1; }
"""
PROJECT = """
cmake_minimum_required(VERSION 3.23)
project(user LANGUAGES CXX)
find_package(conq 0.1 REQUIRED)
add_executable(user main.cpp)
target_link_libraries(user PRIVATE conq::conq)
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    need("cpack", "dpkg", "dpkg-shlibdeps", "lowdown")
    where = tmp_path_factory.mktemp("package")
    run("cpack", "-G", "DEB", "--config", BUILD / "CPackConfig.cmake", "-B", where)
    made, = where.glob("*.deb")
    return made


def dpkg(root, *words):
    run("dpkg", f"--root={root}", *words)


def files_in(root):
    """What is there beside dpkg's own records."""
    return {str(each.relative_to(root)) for each in root.rglob("*")
            if each.relative_to(root).parts[0] != "var" and not each.is_dir()}


@pytest.fixture
def fresh_root(tmp_path):
    """A root with nothing in it. Its dpkg knows this system's packages, so that what the package
    depends on is looked up."""
    if os.geteuid() != 0:
        pytest.skip("dpkg installs for root only")
    records = tmp_path / "root/var/lib/dpkg"
    for folder in ("info", "updates", "triggers"):
        (records / folder).mkdir(parents=True)
    shutil.copy("/var/lib/dpkg/status", records / "status")
    return tmp_path / "root"


@pytest.fixture
def root(package, fresh_root):
    dpkg(fresh_root, "--install", package)
    return fresh_root


def test_it_holds_library_command_and_man_page(package):
    listed = run("dpkg-deb", "--contents", package)
    files = {line.split()[-1] for line in listed.splitlines() if not line.endswith("/")}
    assert {"./usr/bin/conq", "./usr/share/man/man1/conq.1.gz", "./usr/include/conq/conq.hpp",
            "./usr/include/conq/p0260.hpp", "./usr/share/pkgconfig/conq.pc",
            "./usr/share/cmake/conq/conq-config.cmake",
            "./usr/share/doc/conq/copyright"} <= files
    assert all(name.startswith("./usr/") for name in files)


def test_it_is_removed_without_a_trace(package, fresh_root):
    assert files_in(fresh_root) == set()
    dpkg(fresh_root, "--install", package)
    assert "usr/bin/conq" in files_in(fresh_root)
    dpkg(fresh_root, "--remove", "conq")
    assert files_in(fresh_root) == set()
    assert not (fresh_root / "usr").exists()


def test_the_command_runs(root):
    assert run(root / "usr/bin/conq", "run", "-k", "echo", input="a\nb\n") == "a\nb\n"


def test_the_man_page_names_every_option(root):
    page = gzip.decompress((root / "usr/share/man/man1/conq.1.gz").read_bytes()).decode()
    assert page.startswith("'\\\" t\n")
    assert re.search(r"^\.SH NAME\n\.LP\nconq - runs CMD for each item", page, re.M)
    plain = page.replace("\\-", "-")
    options = re.findall(r"^ +(-\w)?,?(--[\w-]+)", run(root / "usr/bin/conq", "run", "--help"),
                         re.M)
    assert len(options) > 8
    for letter, word in options:
        assert word in plain and letter in plain, word
    for verb in ("run", "put", "work", "drop"):
        listed = run(root / "usr/bin/conq", verb, "--options").splitlines()
        section = plain.partition(f".SH OPTIONS OF CONQ {verb.upper()}\n")[2].partition(".SH")[0]
        names = [", ".join(line.split("\t")[0].split()) for line in listed]
        assert [name for name in names if name not in section] == []
        assert section.count(".IP") == len(listed) > 2


def test_pkg_config_compiles_a_program(root, tmp_path):
    (tmp_path / "main.cpp").write_text(PROGRAM)
    flags = run("pkg-config", "--cflags", "--libs", "conq",
                env={**os.environ, "PKG_CONFIG_PATH": str(root / "usr/share/pkgconfig")}).split()
    run(CXX, *STRICT, tmp_path / "main.cpp", "-o", tmp_path / "user", *flags)
    run(tmp_path / "user")


def test_find_package_compiles_a_program(root, tmp_path):
    (tmp_path / "main.cpp").write_text(PROGRAM)
    (tmp_path / "CMakeLists.txt").write_text(PROJECT)
    run("cmake", "-G", "Ninja", "-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_CXX_COMPILER={CXX}",
        f"-Dconq_ROOT={root / 'usr'}")
    run("cmake", "--build", tmp_path / "b")
    run(tmp_path / "b/user")
