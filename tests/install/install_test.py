# SPDX-License-Identifier: BSL-1.0
"""A separate project can use conq in every documented way."""
import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ["CONQ_SOURCE"])
BUILD = pathlib.Path(os.environ["CONQ_BUILD"])
CXX = os.environ["CXX"]

PROGRAM = """
#include <conq/conq.hpp>
int main() {
    conq::bounded_queue<int> q(3);
    conq::workers pool(q, 2, [](int&) {});
    for (int i = 0; i < 9; ++i) q.put(i);
    pool.join();
    return static_cast<int>(q.unfinished());
}
"""
FIND = """
cmake_minimum_required(VERSION 3.23)
project(user LANGUAGES CXX)
find_package(conq 0.1 REQUIRED)
add_executable(user main.cpp)
target_link_libraries(user PRIVATE conq::conq)
"""
ADD = """
cmake_minimum_required(VERSION 3.23)
project(user LANGUAGES CXX)
add_subdirectory(${CONQ_SOURCE} conq)
add_executable(user main.cpp)
target_link_libraries(user PRIVATE conq::conq)
"""


def run(*words, **options):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    where = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--prefix", where)
    return where


@pytest.fixture
def project(tmp_path):
    (tmp_path / "main.cpp").write_text(PROGRAM)
    return tmp_path


def build_and_run(project, text, *definitions):
    (project / "CMakeLists.txt").write_text(text)
    run("cmake", "-G", "Ninja", "-S", project, "-B", project / "b",
        f"-DCMAKE_CXX_COMPILER={CXX}", *definitions)
    run("cmake", "--build", project / "b")
    run(project / "b" / "user")


def test_find_package(project, prefix):
    build_and_run(project, FIND, f"-DCMAKE_PREFIX_PATH={prefix}")


def test_add_subdirectory(project):
    build_and_run(project, ADD, f"-DCONQ_SOURCE={SOURCE}")


def test_pkg_config(project, prefix):
    flags = run("pkg-config", "--cflags", "--libs", "conq",
                env={**os.environ, "PKG_CONFIG_PATH": str(prefix / "share/pkgconfig")}).split()
    run(CXX, "-std=c++20", project / "main.cpp", "-o", project / "user", *flags)
    run(project / "user")


def test_nothing_but_the_folder(project):
    run(CXX, "-I", SOURCE / "include", "-std=c++20", "-pthread", project / "main.cpp", "-o",
        project / "user")
    run(project / "user")
