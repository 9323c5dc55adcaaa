# SPDX-License-Identifier: BSL-1.0
"""A test that needs a terminal is skipped, and says so, where the machine can make none."""
import pty

import pytest


@pytest.fixture(autouse=True)
def skip_without_terminals(monkeypatch):
    def openpty(make=pty.openpty):
        try:
            return make()
        except OSError:
            pytest.skip("no pseudo-terminals")

    monkeypatch.setattr(pty, "openpty", openpty)  # pty.fork falls back on it before it forks
