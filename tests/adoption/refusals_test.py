# SPDX-License-Identifier: BSL-1.0
"""What cannot be is refused by a sentence, before any other error: types that no queue can hold,
and an older C++."""
import re
import subprocess

import pytest
from support import CXX, SOURCE, headers

NOT_MOVABLE = "conq: items are objects that can be moved"
NOT_PLAIN = "conq: items are neither const nor volatile"
REFUSED = {"int&": NOT_MOVABLE, "int[3]": NOT_MOVABLE, "conq::queue<int>": NOT_MOVABLE,
           "const int": NOT_PLAIN, "volatile int": NOT_PLAIN}
QUEUES = {"bounded_queue": "(1)", "queue": "", "locked_queue": ""}
PUBLIC = [name for name, _ in headers() if name.count("/") == 1]


def first_error(folder, text, standard="-std=c++20"):
    """The first error of a file with this text, which must not compile."""
    (folder / "main.cpp").write_text(text)
    done = subprocess.run([CXX, standard, "-fsyntax-only", "-I", SOURCE / "include",
                           folder / "main.cpp"], capture_output=True, text=True)
    assert done.returncode != 0
    return re.search(r"error: (.*)", done.stderr)[1]


@pytest.mark.parametrize("queue", QUEUES)
@pytest.mark.parametrize("item", REFUSED)
def test_the_first_error_says_what_items_are(tmp_path, queue, item):
    first = first_error(
        tmp_path, f"#include <conq/conq.hpp>\nconq::{queue}<{item}> q{QUEUES[queue]};\n")
    assert first.startswith("static assertion failed") and first.endswith(REFUSED[item])


@pytest.mark.parametrize("name", PUBLIC)
def test_the_first_error_says_that_an_older_standard_will_not_do(tmp_path, name):
    assert "conq needs C++20" in first_error(tmp_path, f'#include "{name}"\n', "-std=c++17")
