# SPDX-License-Identifier: BSL-1.0
"""The headers compile beside the macros that widespread libraries make of plain words."""
import pytest
from support import CXX, SOURCE, STRICT, headers, run

MACROS = {
    "Qt": """
#define slots
#define signals public
#define emit
#define foreach(each, all) for (each : all)
#define forever for (;;)
""",
    "Xlib": """
#define None 0L
#define Status int
#define Success 0
#define Always 2
#define Bool int
#define True 1
#define False 0
""",
    "the compiler's GNU dialect": "",
}


@pytest.mark.parametrize("library", MACROS)
def test_all_headers_compile_after_those_of(tmp_path, library):
    text = MACROS[library] + "".join(f'#include "{name}"\n' for name, _ in headers())
    (tmp_path / "main.cpp").write_text(text + """
int main() {
    conq::queue<int> q;
    q.put(1);
    return *q.get() - 1;
}
""")
    run(CXX, *STRICT, "-std=gnu++23", "-fsyntax-only", "-I", SOURCE / "include",
        tmp_path / "main.cpp")
