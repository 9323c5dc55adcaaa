# SPDX-License-Identifier: BSL-1.0
"""The rules of the tree, each with a canary: a planted fault that the check has to find."""
import os
import shutil
import subprocess

import pytest
import rules
from rules import SOURCE


def tracked():
    return [SOURCE / name for name in rules.tracked_names()]


def header(tmp_path, folder, text):
    file = tmp_path / "include/conq" / folder / "planted.hpp"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_includes_point_down_only():
    layers = rules.read_layers(SOURCE / "layers.txt")
    headers = list((SOURCE / "include/conq").rglob("*.hpp"))
    assert len(headers) > 10
    assert rules.bad_includes(SOURCE / "include/conq", headers, layers) == []


@pytest.mark.parametrize("folder, include", [
    ("platform", "conq/contract/status.hpp"),      # up
    ("waiting", "conq/accounting/task_count.hpp"),  # sideways
    ("buffers", "conq/queue.hpp"),                  # to the top
    ("misplaced", "conq/platform/clock.hpp"),       # a folder that no layer names
    ("platform", "../contract/status.hpp"),         # up, by another way
])
def test_canary_bad_include_is_found(tmp_path, folder, include):
    file = header(tmp_path, folder, f'#include "{include}"\n')
    layers = rules.read_layers(SOURCE / "layers.txt")
    assert rules.bad_includes(tmp_path / "include/conq", [file], layers) != []


def test_the_machine_is_named_in_the_platform_only():
    headers = list((SOURCE / "include/conq").rglob("*.hpp"))
    assert rules.forbidden_words(SOURCE / "include/conq", headers) == []


@pytest.mark.parametrize("line", [
    "thread_local int x;", "std::mutex m;", "std::stop_callback<F> c;",
    "std::this_thread::yield();",
    "auto t = std::chrono::steady_clock::now();", "    static int calls = 0;",
    "    static std::array<int, 3> table;", "    static const auto& table = make();",
    "    static item table(make());", "    if (x) { static item made(1); }",
    "using clock = steady_clock; auto t = clock::now();",
    "std::atomic_thread_fence(std::memory_order_seq_cst);",
    "throw std::logic_error(\"x\");", "try {", "} catch (...) {",
])
def test_canary_forbidden_word_is_found(tmp_path, line):
    file = header(tmp_path, "queue", f"inline void f() {{\n{line}\n}}\n")
    assert rules.forbidden_words(tmp_path / "include/conq", [file]) != []
    file = header(tmp_path, "platform", f"inline void f() {{\n{line}\n}}\n")
    assert rules.forbidden_words(tmp_path / "include/conq", [file]) == []


def test_every_weak_memory_order_names_its_partner():
    found = []
    for file in (SOURCE / "include/conq").rglob("*.hpp"):
        found += rules.unpaired_orders(file)
    assert found == []


@pytest.mark.parametrize("text", [
    "a.load(std::memory_order_acquire);\n",
    "a.load(std::memory_order_acquire);  // (1) with (2)\n",
    "a.load(std::memory_order_acquire);  // why not\n",
    "a.load(std::memory_order_acquire);  // (1)\n",  # a number that nothing explains
    "a.load(std::memory_order_relaxed);  // (1) a hint\nb(std::memory_order_relaxed);  // (1) x\n",
    "a.load(std::memory_order::acquire);  // (1) with (2)\n"
    "a.store(1, std::memory_order_release);  // (2) relaxed: says nothing of (1)\n",
    "// (3) relaxed: gone\n",
])
def test_canary_unpaired_order_is_found(tmp_path, text):
    file = tmp_path / "planted.hpp"
    file.write_text(text)
    assert rules.unpaired_orders(file) != []


def test_a_kept_ledger_is_accepted(tmp_path):
    file = tmp_path / "kept.hpp"
    file.write_text("""
        // (1) with (2): the other side's store has made the item, see (the paper), 7
        a.load(std::memory_order_acquire);  // (1)
        a.store(1, std::memory_order_release);  // (2) with (1) and (3)
        a.load(std::memory_order_acquire);  // (3) with (2)
        a.load(std::memory_order_relaxed);  // (4) relaxed: a hint
    """)
    assert rules.unpaired_orders(file) == []


def test_files_lines_and_functions_are_short():
    found = []
    for file in tracked():
        found += rules.too_long(file)
    assert found == []


def test_canaries_too_long_are_found(tmp_path):
    body = "    x();\n" * 70
    planted = {
        "a.cpp": f"void f() {{\n{body}}}\n",
        "b.py": "def f():\n" + body,
        "c.sh": f"f() {{\n{body}}}\n",
        "d.hpp": "// " + "x" * 98 + "\n",
        "e.cpp": "\n" * 601,
    }
    for name, text in planted.items():
        file = tmp_path / name
        file.write_text(text)
        assert rules.too_long(file) != [], name
    file = tmp_path / "short.cpp"
    file.write_text("namespace {\n" + "void f() {\n    x();\n}\n" * 100 + "}\n")
    assert rules.too_long(file) == []


def test_every_file_names_its_licence_and_no_machine():
    found = []
    for file in tracked():
        found += rules.bad_text(file)
    assert found == []


def test_canaries_bad_text_is_found(tmp_path):
    for name, text in [("a.cpp", "int x;\n"), ("a.md", "# A page\n"), ("a.txt", "0 x\n"),
                       ("a.cpp", "// SPDX-License-Identifier: BSL-1.0\n// /home/" + "me/x\n")]:
        file = tmp_path / name
        file.write_text(text)
        assert rules.bad_text(file) != []


def run_tool(name, *arguments):
    """Runs a tool that ./check installs for CI alone."""
    if shutil.which(name) is None:
        assert not os.environ.get("CI"), f"{name} is missing"
        pytest.skip(f"{name} is not installed")
    return subprocess.run([name, *map(str, arguments)], capture_output=True, text=True)


def test_cpp_is_formatted():
    files = [file for file in tracked() if file.suffix in (".hpp", ".cpp")]
    done = run_tool("clang-format-19", "--dry-run", "-Werror", *files)
    assert done.returncode == 0, done.stderr[:3000]


def test_canary_bad_format_is_found(tmp_path):
    file = tmp_path / "planted.hpp"
    for text, code in (("void f() {\n    x();\n}\n", 0), ("void f() {\n  x();\n}\n", 1)):
        file.write_text(text)
        done = run_tool("clang-format-19", "--dry-run", "-Werror",
                        f"--style=file:{SOURCE}/.clang-format", file)
        assert done.returncode == code


@pytest.mark.parametrize("fault, text", [
    ("readability-identifier-naming", "template <class T> T Twice(T x) { return x + x; }\n"),
    ("bugprone-use-after-move", "#include <utility>\nstruct s { s(s&&); int v; };\n"
     "inline int f(s x) { s y = std::move(x); return x.v + y.v; }\n"),
])
def test_canary_clang_tidy_finds_a_planted_fault(tmp_path, fault, text):
    """With the settings that ./check --all uses."""
    file = tmp_path / "planted.hpp"
    file.write_text(text)
    done = run_tool("clang-tidy-19", "--quiet", f"--config-file={SOURCE}/.clang-tidy", file, "--",
                    "-x", "c++", "-std=c++20")
    assert done.returncode != 0
    assert fault in done.stdout


def shellcheck(*files):
    return subprocess.run(["shellcheck", "-x", "-P", SOURCE, *files], capture_output=True,
                          text=True)


def test_scripts_pass_shellcheck():
    scripts = [file for file in tracked() if rules.is_bash(file)]
    assert len(scripts) >= 5
    done = shellcheck(*scripts)
    assert done.returncode == 0, done.stdout


def test_canary_a_bad_script_is_found(tmp_path):
    file = tmp_path / "planted.sh"
    file.write_text("#!/usr/bin/env bash\nrm -r $1\n")
    assert shellcheck(file).returncode != 0
