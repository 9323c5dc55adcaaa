# SPDX-License-Identifier: BSL-1.0
"""No file is left that nothing needs, and no file names another that is not there."""
import file_graph
import pytest
import rules


def test_no_file_is_dead():
    assert file_graph.Tree(rules.SOURCE, rules.tracked_names()).dead() == []


def test_every_file_that_is_named_is_there():
    tree = file_graph.Tree(rules.SOURCE, rules.tracked_names())
    assert tree.missing(but_in="tests/tidy/file_graph_test.py") == []  # it plants such names


# A small tree without fault, which each canary changes.
WHOLE = {
    "README.md": "[page](docs/page.md#the-top), [choices](docs/choices), `tools/by_hand`, `a.cpp`",
    "docs/page.md": "# The top\n[back](../README.md)",
    "docs/choices/0001.md": "measured",
    "tools/by_hand": "#!/usr/bin/env bash\n. \"$here/list.txt\"\n",
    "tools/list.txt": "",
    "CMakeLists.txt": "add_subdirectory(src)\nadd_subdirectory(tests)\n",
    "src/CMakeLists.txt": "foreach(name IN ITEMS a b)\n  add_executable(${name} ${name}.cpp)\n",
    "src/a.cpp": '#include "conq/top.hpp"\n#include "near.hpp"\n',
    "src/b.cpp": "",
    "src/near.hpp": "",
    "include/conq/top.hpp": '#include "conq/below/used.hpp"\n',
    "include/conq/below/used.hpp": "",
    "tests/CMakeLists.txt": "file(GLOB suites */CMakeLists.txt)\n",
    "tests/suite/CMakeLists.txt": "conq_pytest(x x_test.py)\n",
    "tests/suite/x_test.py": "import helpers\nimport os\n",
    "tests/suite/helpers.py": "",
    "tests/suite/conftest.py": "",
}


def planted(tmp_path, changes):
    files = {name: text for name, text in {**WHOLE, **changes}.items() if text is not None}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return file_graph.Tree(tmp_path, files)


def test_a_whole_tree_is_accepted(tmp_path):
    tree = planted(tmp_path, {})
    assert tree.dead() == []
    assert tree.missing() == []


@pytest.mark.parametrize("changes, dead", [
    ({"src/c.cpp": ""}, "src/c.cpp"),  # no program is made of it
    ({"src/c.cpp": "", "tests/suite/CMakeLists.txt": "conq_pytest(x x_test.py)  # c.cpp"},
     "src/c.cpp"),
    ({"src/far.hpp": ""}, "src/far.hpp"),
    ({"include/conq/below/unused.hpp": ""}, "include/conq/below/unused.hpp"),  # though installed
    ({"include/conq/below/unused.hpp": "",
      "CMakeLists.txt": WHOLE["CMakeLists.txt"] + "file(GLOB_RECURSE h include/conq/*.hpp)"},
     "include/conq/below/unused.hpp"),
    ({"tests/suite/y_test.py": ""}, "tests/suite/y_test.py"),
    ({"tests/suite/more.py": ""}, "tests/suite/more.py"),
    ({"docs/other.md": "[page](page.md)"}, "docs/other.md"),
    ({"tools/script.sh": "# SPDX"}, "tools/script.sh"),
    ({"data/CMakeLists.txt": ""}, "data/CMakeLists.txt"),
    ({"tools/by_hand": None}, "tools/list.txt"),  # its one reader has gone
])
def test_canary_a_dead_file_is_found(tmp_path, changes, dead):
    assert planted(tmp_path, changes).dead() == [dead]


@pytest.mark.parametrize("changes, missing", [
    ({"docs/page.md": "# The top\n[back](../GONE.md)"}, "docs/page.md: ../GONE.md"),
    ({"docs/page.md": "# Another\n"}, "README.md: docs/page.md#the-top"),
    ({"docs/page.md": "# The top\nsee `gone.hpp`"}, "docs/page.md: gone.hpp"),
    ({"src/near.hpp": "// see docs/gone.md"}, "src/near.hpp: docs/gone.md"),
    ({"src/near.hpp": "// see src/*.py"}, "src/near.hpp: src/*.py"),
    ({"src/near.hpp": "// see conq/gone.hpp"}, "src/near.hpp: conq/gone.hpp"),
    ({"tools/list.txt": "# read by tests/gone"}, "tools/list.txt: tests/gone"),
])
def test_canary_a_missing_file_is_found(tmp_path, changes, missing):
    assert planted(tmp_path, changes).missing() == [missing]
