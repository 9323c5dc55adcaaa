# SPDX-License-Identifier: BSL-1.0
"""The compiler warns if a result that tells whether a call did its work is ignored."""
import os
import re
import subprocess

import pytest

LIMITS = "using namespace std::chrono_literals; std::stop_token stop; " \
         "const auto t = std::chrono::steady_clock::now();"
FREE = ["q.put(1)", "q.put(lvalue)", "q.emplace(1)", "q.join()", "q.shutdown()",
        "q.shutdown(conq::immediate)", "q.task_done()", "q.task_done(2)", "q.trim()"]
PUTS = [f"q.put({item}, stop)" for item in ("1", "lvalue")] + \
    [f"q.{call}({item}, {limit}{stop})" for item in ("1", "lvalue") for stop in ("", ", stop")
     for call, limit in (("put_for", "1s"), ("put_until", "t"))] + \
    ["q.try_put(1)", "q.try_put(lvalue)", "q.try_emplace(1)"]
GETS = [f"q.{verb}{form}" for verb in ("get", "take")
        for form in ("()", "(stop)", "_for(1s)", "_for(1s, stop)", "_until(t)",
                     "_until(t, stop)")] + ["q.try_get()", "q.try_take()"]
BATCHES = [f"q.{call}{limit})" for call in ("put_many(&lvalue, &lvalue", "get_many(out, 1",
                                            "take_many(1")
           for limit in ("", ", 1s", ", t", ", stop", ", 1s, stop", ", t, stop", ", conq::now")]
JOINS = ["q.join(stop)", "q.join_for(1s)", "q.join_for(1s, stop)", "q.join_until(t)",
         "q.join_until(t, stop)", "q.try_join()"]
ASKS = ["q.is_shut_down()", "q.size()", "q.empty()", "q.full()", "q.maxsize()", "q.unfinished()"]


@pytest.mark.parametrize("queue", ["locked_queue", "bounded_queue", "queue"])
def test_all_answers_but_those_of_plain_put_and_emplace(tmp_path, queue):
    calls = FREE + PUTS + GETS + BATCHES + JOINS + ASKS
    lines = ["#include <chrono>", "#include <stop_token>", "#include <conq/locked_queue.hpp>",
             "#include <conq/queue.hpp>",
             f"void all(conq::{queue}<int>& q) {{ {LIMITS} const int lvalue = 1; int out[1];"]
    first = len(lines) + 1
    file = tmp_path / "calls.cpp"
    file.write_text("\n".join([*lines, *(call + ";" for call in calls), "}\n"]))
    done = subprocess.run(
        [os.environ["CXX"], "-std=c++20", "-fsyntax-only", "-Wunused-result", "-I",
         os.path.join(os.environ["CONQ_SOURCE"], "include"), file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    warned = {int(line) for line in re.findall(r"calls\.cpp:(\d+):\d+: warning", done.stderr)}
    seen = {call for number, call in enumerate(calls, first) if number in warned}
    assert seen == set(PUTS + GETS + BATCHES + JOINS + ASKS)


def test_a_plain_put_of_a_job_queue_is_free_as_well(tmp_path):
    free = ['jobs.put("a")', "lease.done()", "jobs.join()", "jobs.shutdown()"]
    bound = ["jobs.take()", "jobs.take_for(1s)", "jobs.try_take()", "lease.detach(1s)",
             "jobs.join_for(1s)", "jobs.try_join()"]
    file = tmp_path / "calls.cpp"
    file.write_text("\n".join([
        "#include <conq/jobs.hpp>", "using namespace std::chrono_literals;",
        "void all(conq::job_queue& jobs, conq::job_lease& lease) {",
        *(call + ";" for call in free + bound), "}\n"]))
    done = subprocess.run(
        [os.environ["CXX"], "-std=c++20", "-fsyntax-only", "-Wunused-result", "-I",
         os.path.join(os.environ["CONQ_SOURCE"], "include"), file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    warned = {int(line) for line in re.findall(r"calls\.cpp:(\d+):\d+: warning", done.stderr)}
    assert {call for number, call in enumerate(free + bound, 4) if number in warned} == set(bound)
