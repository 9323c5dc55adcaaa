# SPDX-License-Identifier: BSL-1.0
"""A type that no queue can hold is refused by a sentence, before anything else is."""
import re
import subprocess

import pytest
from support import CXX, SOURCE

NOT_MOVABLE = "conq: items are objects that can be moved"
NOT_PLAIN = "conq: items are neither const nor volatile"
REFUSED = {"int&": NOT_MOVABLE, "int[3]": NOT_MOVABLE, "conq::queue<int>": NOT_MOVABLE,
           "const int": NOT_PLAIN, "volatile int": NOT_PLAIN}
QUEUES = {"bounded_queue": "(1)", "queue": "", "locked_queue": ""}


@pytest.mark.parametrize("queue", QUEUES)
@pytest.mark.parametrize("item", REFUSED)
def test_the_first_error_says_what_items_are(tmp_path, queue, item):
    (tmp_path / "main.cpp").write_text(
        f"#include <conq/conq.hpp>\nconq::{queue}<{item}> q{QUEUES[queue]};\n")
    done = subprocess.run([CXX, "-std=c++20", "-fsyntax-only", "-I", SOURCE / "include",
                           tmp_path / "main.cpp"], capture_output=True, text=True)
    assert done.returncode != 0
    first = re.search(r"error: (.*)", done.stderr)[1]
    assert first.startswith("static assertion failed") and first.endswith(REFUSED[item])
