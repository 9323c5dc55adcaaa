# SPDX-License-Identifier: BSL-1.0
"""For Windows the headers compile, on the portable waiter. Nothing is run there."""
import subprocess

import pytest
from support import SOURCE, STRICT, headers, need, run

MINGW = "x86_64-w64-mingw32-g++-posix"
COMPILE = (MINGW, *STRICT, "-fsyntax-only", "-I", SOURCE / "include")
PUBLIC = [(name, standard) for name, standard in headers() if name.count("/") == 1]


@pytest.fixture(autouse=True)
def compiler():
    need(MINGW)


@pytest.mark.parametrize("name, standard", PUBLIC)
def test_a_public_header_compiles_alone(tmp_path, name, standard):
    (tmp_path / "main.cpp").write_text(f'#include "{name}"\n')
    run(*COMPILE, standard, tmp_path / "main.cpp")


def test_all_headers_compile_in_any_order(tmp_path):
    names = [name for name, _ in headers()]
    assert len(names) > 30
    (tmp_path / "main.cpp").write_text("".join(f'#include "{name}"\n' for name in names))
    run(*COMPILE, "-std=c++23", tmp_path / "main.cpp")


def test_what_queues_do_compiles_and_sleeps_on_the_portable_waiter(tmp_path):
    (tmp_path / "main.cpp").write_text((SOURCE / "examples/pipeline.cpp").read_text() + """
static_assert(std::is_same_v<conq::platform::native, conq::platform::portable>);
""")
    run(*COMPILE, tmp_path / "main.cpp")


def test_the_single_header_compiles(tmp_path):
    (tmp_path / "main.cpp").write_text(run(SOURCE / "tools/single_header"))
    run(*COMPILE, "-Wno-error", tmp_path / "main.cpp")


def test_canary_what_windows_lacks_is_found(tmp_path):
    (tmp_path / "main.cpp").write_text("#include <linux/futex.h>\n")
    done = subprocess.run([*COMPILE, tmp_path / "main.cpp"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "linux/futex.h" in done.stderr
