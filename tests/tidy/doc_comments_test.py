# SPDX-License-Identifier: BSL-1.0
"""Every public name of the library has a doc comment, or stands in a group that has one."""
import re

import doc_comments
import pytest
from rules import SOURCE

HEADERS = sorted((SOURCE / "include/conq").rglob("*.hpp"))


def test_every_public_name_has_a_doc_comment():
    found = [f"{file}:{line}: {what}" for file in HEADERS
             for line, what in doc_comments.undocumented(file.read_text())]
    assert found == []


def test_canary_a_comment_that_is_taken_away_is_missed():
    """From every header, one after the other. Those that need not be there are few."""
    taken = missed = 0
    for file in HEADERS:
        text = file.read_text()
        for comment in re.finditer(r"(?:^ *///.*\n)+", text, re.M):
            taken += 1
            missed += doc_comments.undocumented(
                text[:comment.start()] + "\n" + text[comment.end():]) != []
    assert taken > 200
    assert missed > 0.95 * taken


@pytest.mark.parametrize("declaration", [
    "void f();", "int f(int x) noexcept {\n    return x;\n}", "class c {\n};", "struct s;\nint x;",
    "template <class T> struct s {\n};",
    "template <class T>\n    requires c<T>\nclass s final {\n};",
    "enum class e { a };", "enum class e {\n    a,\n    b\n};", "inline constexpr int most = 3;",
    "using t = int;", "template <class T> using t = T;", "template <class T>\nconcept c = true;",
    "/// s\nstruct s {\n    int member = 0;\n};", "/// c\nclass c {\npublic:\n    void f();\n};",
    "/// c\nclass c {\nprivate:\n    int i;\n\npublic:\n    c() : i{1} {}\n};",
    "/// c\nstruct c {\n    c(const c&) = delete;\n    explicit c(int);\n};",
    "/// c\nstruct c {\n    friend bool operator==(c, c) {\n        return true;\n    }\n"
    "    int x;\n};",
    "/// f\nvoid f();\n\nvoid g();", "/// f\nvoid f();\n// of another kind\nvoid g();",
    "/// e\nenum class e {\n    a,  ///< a\n\n    b\n};", "// f\nvoid f();",
    "/// f\n\nvoid f();", "void f() {\n    conq::g(1);\n    c(c&& other);\n    x() = default;\n}",
    "#define CONQ_X 1", 'int a[] = {1, 2};', 'int c = "/// {"[0];',
    "/// c\nclass c {\nprotected:\n    int a;\n\npublic:\n    int operator()() const;\n};",
])
def test_canary_a_name_without_a_comment_is_found(declaration):
    assert doc_comments.undocumented(f"namespace conq {{\n\n{declaration}\n\n}}\n") != []


def test_canary_a_header_that_cannot_be_read_is_found():
    assert doc_comments.undocumented("namespace conq {\n\n/// f\nvoid f() {\n\n}\n") != []


@pytest.mark.parametrize("declaration", [
    "/// f\nvoid f();\nvoid g();", "/// f\ntemplate <class T>\n    requires c<T>\nvoid f() {\n}",
    "/// s\nstruct s {\n    s(const s&) = delete;\n    s& operator=(s&& from) noexcept;\n"
    "    ~s();\n};",
    "/// s\ntemplate <class T> struct s {};\n\ntemplate <> struct s<int> {\n    int x;\n};",
    "template <class T>\n    requires requires { T(); }\nstruct s<T> {\n    int x;\n};",
    "/// e\nenum class e {\n    a,  ///< a\n    b   ///< b\n};", "class said_in_advance;",
    "/// c\nclass c {\n    int hidden;\n    struct also {\n        int x;\n    };\n};",
    "/// c\nclass c {\nprotected:\n    int a;\n\nprivate:\n    int b;\n};",
    '/// f\n#if CONQ_X\nvoid f();\n#else\nvoid f(int);\n#endif',
    "/// X\n#define CONQ_X(a) \\\n    a",
    "int conq::f(int x) {\n    return x;\n}", "static_assert(true);", "int x;  ///< x",
])
def test_a_comment_or_a_group_is_enough(declaration):
    assert doc_comments.undocumented(f"namespace conq {{\n\n{declaration}\n\n}}\n") == []
