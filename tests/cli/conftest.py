# SPDX-License-Identifier: BSL-1.0
"""Skips a test that needs a terminal if the machine can make none, and says so."""
import pty

import pytest


@pytest.fixture(autouse=True)
def skip_without_terminals(monkeypatch):
    def openpty(make=pty.openpty):
        try:
            return make()
        except OSError:
            pytest.skip("no pseudo-terminals")

    monkeypatch.setattr(pty, "openpty", openpty)  # pty.fork uses it before it forks
