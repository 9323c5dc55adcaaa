# SPDX-License-Identifier: BSL-1.0
"""conq/queue.hpp brings no standard header that is dear to compile and that it can do without.

bench/compile_time measures what they cost; here no duration is asserted.
"""
import re

import pytest
from support import CXX, SOURCE, run

DEAR = {"algorithm", "condition_variable", "functional", "sstream"}


def headers_of(folder, text):
    """The standard headers that a file with this text includes, by whatever way."""
    (folder / "main.cpp").write_text(text)
    made = run(CXX, "-std=c++20", "-E", "-I", SOURCE / "include", folder / "main.cpp")
    if "c++config.h" not in made:
        pytest.skip("not libstdc++")
    return set(re.findall(r'^# \d+ "[^"]*/c\+\+/[0-9.]+/([^"]+)"', made, re.M))


def test_nothing_dear_comes_with_the_queues(tmp_path):
    assert not headers_of(tmp_path, '#include "conq/queue.hpp"\n') & DEAR


def test_a_dear_header_would_be_found(tmp_path):
    text = '#include "conq/queue.hpp"\n#include <algorithm>\n'
    assert "algorithm" in headers_of(tmp_path, text) & DEAR
