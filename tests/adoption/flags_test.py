# SPDX-License-Identifier: BSL-1.0
"""Without run-time type information; without exceptions, where misuse aborts with the message."""
import subprocess

import pytest
from support import CXX, SOURCE, STRICT, headers, run

BUILD = (CXX, *STRICT, "-O1", "-pthread", "-I", SOURCE / "include")
WITHOUT = ("-fno-rtti", "-fno-exceptions")

# Each misuse, then the whole message that its exception has.
TOO_OFTEN = ("conq: task_done() was called for more items than were put: call it once for each "
             "item that get() returned, and not at all for leases")
NO_ITEM = ("this result holds no item (empty): test it with `if (result)` before you take its "
           "value")
MISUSE = {
    "q.task_done();": TOO_OFTEN,
    "ring.put(1); static_cast<void>(ring.get()); ring.task_done(); ring.task_done();": TOO_OFTEN,
    "locked.task_done(2);": TOO_OFTEN,
    "q.put(1); auto task = q.take(); q.task_done(); task.done();": TOO_OFTEN,
    "static_cast<void>(q.try_get().value());": NO_ITEM,
    "static_cast<void>(q.try_take().release());": NO_ITEM,
    "conq::bounded_queue<int> bad(0);":
        "conq: a capacity of 0 is not possible: give one from 1 to 2147483648",
    "conq::locked_queue<int> bad(-1);":
        "conq: a maxsize of -1 is not possible: give one from 0 to 2147483648 (0: no bound)",
    "conq::workers bad(q, 0, [](int&) {});":
        "conq: workers: 0 threads are too few: give at least 1",
}
PROGRAM = """
#include <conq/conq.hpp>
#include <cstdio>
#include <cstdlib>

static void misuse(int which) {
    conq::queue<int> q;
    conq::bounded_queue<int> ring(1);
    conq::locked_queue<int> locked;
    switch (which) { %s }
}

int main(int, char** words) {
#if defined(__cpp_exceptions)
    try {
        misuse(std::atoi(words[1]));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%%s\\n", error.what());
        return 3;
    }
#else
    misuse(std::atoi(words[1]));
#endif
}
""" % "\n".join(f"case {i}: {{ {text} }} break;" for i, text in enumerate(MISUSE))

WORK = """
#include <conq/conq.hpp>
#include <string>
template <class Queue> static bool works(Queue& q) {
    std::atomic<int> sum{0};
    {
        conq::workers pool(q, 2, [&](std::string& item) { sum += static_cast<int>(item.size()); });
        for (int i = 0; i < 10; ++i) q.put(std::string("abc"));
        pool.join();
    }
    q.shutdown();
    return sum == 30 && q.unfinished() == 0 && q.get().state() == conq::status::shut_down;
}
int main() {
    conq::bounded_queue<std::string> ring(3);
    conq::queue<std::string> segments;
    conq::locked_queue<std::string> locked(2);
    return works(ring) && works(segments) && works(locked) ? 0 : 1;
}
"""


def build(folder, text, *flags):
    (folder / "main.cpp").write_text(text)
    run(*BUILD, *flags, folder / "main.cpp", "-o", folder / "program")
    return folder / "program"


@pytest.mark.parametrize("flags", [WITHOUT[:1], WITHOUT])
def test_queues_and_workers_run(tmp_path, flags):
    run(build(tmp_path, WORK, *flags))


def test_every_header_compiles(tmp_path):
    text = "".join(f'#include "{name}"\n' for name, _ in headers())
    (tmp_path / "main.cpp").write_text(text)
    run(*BUILD, "-std=c++23", *WITHOUT, "-fsyntax-only", tmp_path / "main.cpp")


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The program of all misuses, with exceptions and without."""
    return (build(tmp_path_factory.mktemp("with"), PROGRAM),
            build(tmp_path_factory.mktemp("without"), PROGRAM, *WITHOUT))


@pytest.mark.parametrize("which, message", list(enumerate(MISUSE.values())))
def test_misuse_aborts_with_the_message_of_the_exception(programs, which, message):
    throws, aborts = (subprocess.run([program, str(which)], capture_output=True, text=True)
                      for program in programs)
    assert (throws.returncode, throws.stderr) == (3, message + "\n")
    assert (aborts.returncode, aborts.stderr) == (-6, message + "\n")
