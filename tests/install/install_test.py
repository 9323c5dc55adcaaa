# SPDX-License-Identifier: BSL-1.0
"""A separate project can use conq in every documented way."""
import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ["CONQ_SOURCE"])
BUILD = pathlib.Path(os.environ["CONQ_BUILD"])
CXX = os.environ["CXX"]
HAS_JOBS = bool(list(BUILD.rglob("libconq_jobs.*")))

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
JOBS = """
#include <conq/jobs.hpp>
#include <conq/typed.hpp>
#include <conq/workers.hpp>
int main(int, char** words) {
    conq::job_queue store(words[1]);
    auto queue = conq::typed(store);
    for (int i = 0; i < 9; ++i) queue.put(std::to_string(i));
    conq::workers pool(queue, 2, [](std::string&) {});
    pool.join();
    return store.stats().done == 9 ? 0 : 1;
}
"""
FIND_JOBS = """
cmake_minimum_required(VERSION 3.23)
project(user LANGUAGES CXX)
find_package(conq 0.1 REQUIRED @@)
add_executable(user main.cpp)
target_link_libraries(user PRIVATE conq::jobs)
"""
ADD = """
cmake_minimum_required(VERSION 3.23)
project(user LANGUAGES CXX)
add_subdirectory(${CONQ_SOURCE} conq)
add_executable(user main.cpp)
target_link_libraries(user PRIVATE conq::conq)
if(TARGET conq::jobs)
  add_executable(jobs jobs.cpp)
  target_link_libraries(jobs PRIVATE conq::jobs)
endif()
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


def build_and_run(project, text, *definitions, words=()):
    (project / "CMakeLists.txt").write_text(text)
    run("cmake", "-G", "Ninja", "-S", project, "-B", project / "b",
        f"-DCMAKE_CXX_COMPILER={CXX}", *definitions)
    run("cmake", "--build", project / "b")
    run(project / "b" / "user", *words)


def test_find_package(project, prefix):
    build_and_run(project, FIND, f"-DCMAKE_PREFIX_PATH={prefix}")


def test_add_subdirectory(project):
    (project / "jobs.cpp").write_text(JOBS)
    build_and_run(project, ADD, f"-DCONQ_SOURCE={SOURCE}")
    if HAS_JOBS:
        run(project / "b" / "jobs", project / "q")


ADD_ALONE = ADD.split("if(TARGET")[0] + """
install(TARGETS user)
"""


def test_a_subproject_neither_compiles_nor_installs_what_nobody_asked_for(project):
    build_and_run(project, ADD_ALONE, f"-DCONQ_SOURCE={SOURCE}")
    assert not list((project / "b").rglob("libconq_jobs.*"))
    run("cmake", "--install", project / "b", "--prefix", project / "p")
    assert [each.name for each in (project / "p").rglob("*") if each.is_file()] == ["user"]


def test_a_subproject_is_installed_if_asked(project):
    build_and_run(project, ADD_ALONE, f"-DCONQ_SOURCE={SOURCE}", "-DCONQ_INSTALL=ON")
    run("cmake", "--install", project / "b", "--prefix", project / "p")
    build_and_run(project, FIND, f"-DCMAKE_PREFIX_PATH={project / 'p'}")


def test_pkg_config(project, prefix):
    flags = run("pkg-config", "--cflags", "--libs", "conq",
                env={**os.environ, "PKG_CONFIG_PATH": str(prefix / "share/pkgconfig")}).split()
    run(CXX, "-std=c++20", project / "main.cpp", "-o", project / "user", *flags)
    run(project / "user")


def test_nothing_but_the_folder(project):
    run(CXX, "-I", SOURCE / "include", "-std=c++20", "-pthread", project / "main.cpp", "-o",
        project / "user")
    run(project / "user")


@pytest.fixture(name="jobs_project")
def project_with_jobs(project):
    if not HAS_JOBS:
        pytest.skip("this build has no SQLite, and so no conq::jobs")
    (project / "main.cpp").write_text(JOBS)
    return project


@pytest.mark.parametrize("asked", ["", "COMPONENTS jobs"])
def test_find_package_has_the_job_queues(jobs_project, prefix, asked):
    build_and_run(jobs_project, FIND_JOBS.replace("@@", asked), f"-DCMAKE_PREFIX_PATH={prefix}",
                  words=[jobs_project / "q"])
    assert (jobs_project / "q").exists()


def test_pkg_config_has_the_job_queues(jobs_project, prefix):
    found = [str(each.parent) for each in prefix.rglob("*.pc")]
    flags = run("pkg-config", "--cflags", "--libs", "conq-jobs",
                env={**os.environ, "PKG_CONFIG_PATH": ":".join(found)}).split()
    run(CXX, "-std=c++20", jobs_project / "main.cpp", "-o", jobs_project / "user", *flags)
    run(jobs_project / "user", jobs_project / "q")


# Where CMake finds no SQLite, as on a machine without it.
WITHOUT_SQLITE = "-DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON"


def test_without_sqlite_the_core_is_found_and_the_job_queues_are_missed_by_name(jobs_project,
                                                                               prefix):
    main = jobs_project / "main.cpp"
    main.write_text(PROGRAM)
    build_and_run(jobs_project, FIND, f"-DCMAKE_PREFIX_PATH={prefix}", WITHOUT_SQLITE)
    (jobs_project / "CMakeLists.txt").write_text(FIND_JOBS.replace("@@", "COMPONENTS jobs"))
    done = subprocess.run(["cmake", "-S", jobs_project, "-B", jobs_project / "c", WITHOUT_SQLITE,
                           f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_PREFIX_PATH={prefix}"],
                          capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "SQLite3" in done.stderr
