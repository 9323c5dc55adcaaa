# SPDX-License-Identifier: BSL-1.0
"""tools/single_header makes one file of the core, which needs no other."""
import re
import subprocess

import pytest
from support import CXX, SOURCE, STRICT, run

EXAMPLES = ("producer_consumer", "pipeline")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "conq.hpp").write_text(run(SOURCE / "tools/single_header"))
    return tmp_path


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs_with_the_one_file_alone(folder, name):
    text = (SOURCE / f"examples/{name}.cpp").read_text()
    (folder / "main.cpp").write_text(re.sub(r'"conq/\w+\.hpp"', '"conq.hpp"', text))
    run(CXX, *STRICT, "-pthread", "main.cpp", "-o", "example", cwd=folder)
    run(folder / "example")


def test_it_holds_every_header_of_the_core_once(folder):
    text = (folder / "conq.hpp").read_text()
    assert '#include "' not in text
    defined = re.findall(r"^#define (CONQ_\w+_HPP)$", text, re.M)
    assert len(defined) == len(set(defined)) > 20
    assert {"CONQ_CONQ_HPP", "CONQ_QUEUE_HPP", "CONQ_WORKERS_HPP"} <= set(defined)


def test_it_meets_the_headers_that_it_was_made_of(folder):
    (folder / "main.cpp").write_text('#include "conq.hpp"\n#include "conq/conq.hpp"\n'
                                     "int main() { return conq::queue<int>().empty() ? 0 : 1; }\n")
    run(CXX, *STRICT, "-pthread", "-I", SOURCE / "include", "main.cpp", "-o", "main", cwd=folder)
    run(folder / "main")


def test_it_says_what_it_is_and_under_which_licence(folder):
    text = (folder / "conq.hpp").read_text()
    assert re.search(r"^// conq \d+\.\d+\.\d+: conq/conq\.hpp", text, re.M)
    assert "Boost Software License" in text


def test_an_unknown_header_is_named():
    done = subprocess.run([SOURCE / "tools/single_header", "nowhere"], capture_output=True,
                          text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("tools/single_header: there is no header")
