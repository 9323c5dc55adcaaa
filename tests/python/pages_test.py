# SPDX-License-Identifier: BSL-1.0
"""The Python that the pages show runs."""
import os
import pathlib
import re
import threading
import unittest

import conq

SOURCE = pathlib.Path(os.environ.get("CONQ_SOURCE", pathlib.Path(__file__).parents[2]))


class Pages(unittest.TestCase):
    def run_blocks(self, page, at_least):
        blocks = re.findall(r"^```python\n(.*?)^```$", (SOURCE / page).read_text(), re.M | re.S)
        self.assertGreaterEqual(len(blocks), at_least)
        for block in blocks:
            done = conq.SimpleQueue()
            names = {"paths": range(10), "compress": done.put, "conq": conq, "q": conq.Queue(),
                     "threading": threading}
            exec(compile(block, page, "exec"), names)  # pylint: disable=exec-used
            self.assertEqual(sorted(done.get_many(99)), list(range(10)), block)

    def test_the_readme(self):
        self.run_blocks("README.md", 1)

    def test_the_page_of_the_module(self):
        self.run_blocks("docs/python.md", 2)


if __name__ == "__main__":
    unittest.main()
