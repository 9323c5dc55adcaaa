# SPDX-License-Identifier: BSL-1.0
"""The pages show code that runs, and the reference has a page for each header."""
import html
import os
import pathlib
import re
import shutil
import subprocess
import textwrap

import pytest

SOURCE = pathlib.Path(os.environ["CONQ_SOURCE"])
EXAMPLES = pathlib.Path(os.environ["EXAMPLES"])


def blocks_of(page):
    """The blocks of C++ that a page shows."""
    return re.findall(r"^```cpp\n(.*?)^```$", page, re.M | re.S)


def is_quoted(block, source):
    """Whether some lines of the source, one after another, are the block but for the margin."""
    lines, wanted = source.splitlines(), block.splitlines()
    runs = ("\n".join(lines[i:i + len(wanted)]) for i in range(len(lines)))
    return any(textwrap.dedent(run) == "\n".join(wanted) for run in runs)


def test_the_guide_quotes_code_that_runs():
    source = (SOURCE / "examples/tour.cpp").read_text()
    blocks = blocks_of((SOURCE / "docs/guide.md").read_text())
    assert len(blocks) >= 8
    for block in blocks:
        assert is_quoted(block, source), f"not in examples/tour.cpp:\n{block}"


def test_a_block_that_is_nowhere_is_noticed():
    source = "int main() {\n    put(1);\n    get();\n}\n"
    assert is_quoted("put(1);\nget();\n", source)
    assert not is_quoted("put(1);\n", "output(1);\n")
    assert not is_quoted("put(1);\njoin();\n", source)


def test_the_tour_prints_what_the_guide_says():
    done = subprocess.run([EXAMPLES / "tour"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.splitlines() == [
        "four calls: 2", "leases: 1", "skipped: a torn picture", "leases that are dropped: 1",
        "answers: 2", "shutdowns: 2", "a job failed: a torn picture", "pools: 1000",
        f"walks: {1 + 3 + 9 + 27 + 81}", "delays: 2", "hand-overs: 2", "batches: 1000"]


def links_of(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    return re.findall(r"\]\(([^)#:]+)\)", text)


def test_no_page_links_to_what_is_not_there():
    pages = [*SOURCE.glob("*.md"), *(SOURCE / "docs").rglob("*.md")]
    assert len(pages) > 5
    for page in pages:
        for link in links_of(page):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def first_sentence(header):
    """Of the comment on top, its first line."""
    return header.read_text().splitlines()[1].removeprefix("// ")


@pytest.mark.skipif(not shutil.which("doxygen"), reason="no doxygen")
def test_the_reference_has_a_page_for_each_header(tmp_path):
    settings = (SOURCE / "docs/Doxyfile").read_text() + f"OUTPUT_DIRECTORY = {tmp_path}\n"
    done = subprocess.run(["doxygen", "-"], cwd=SOURCE, input=settings, capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    pages = {}
    for file in (tmp_path / "html").glob("*_8hpp.html"):
        text = html.unescape(re.sub(r"<[^>]+>", "", file.read_text()))
        pages[re.search(r"^conq: (\S+\.hpp) File Reference", text, re.M)[1]] = text
    headers = sorted((SOURCE / "include").rglob("*.hpp"))
    assert len(headers) > 30
    for header in headers:
        name = str(header.relative_to(SOURCE / "include"))
        assert name in pages, f"{name} has no page"
        words = re.sub(r"\W+", " ", first_sentence(header))
        assert words in re.sub(r"\W+", " ", pages[name]), f"the page of {name} lacks its text"
