# SPDX-License-Identifier: BSL-1.0
"""What docs/formats/queue_file.md says about the file is true: another program reads it."""
import os
import pathlib
import re
import sqlite3
import struct
import subprocess
import time

import pytest
from support import CONQ, TIMEOUT_S, conq

PAGE = pathlib.Path(os.environ["CONQ_SOURCE"]) / "docs/formats/queue_file.md"
STATES = {"ready": 0, "running": 1, "done": 2, "dead": 3, "cancelled": 4, "delayed": 5}


def fnv(data, value=0xcbf29ce484222325):
    words = len(data) // 8
    for each in (*struct.unpack(f"<{words}Q", data[:8 * words]), *data[8 * words:]):
        value = (value ^ each) * 0x100000001b3 % 2**64
    return value


def signed(value):
    return value - 2**64 if value >= 2**63 else value


@pytest.fixture(name="path", scope="module")
def queue_with_all_states(tmp_path_factory):
    path = tmp_path_factory.mktemp("format") / "q"

    def call(*words):
        return subprocess.run([CONQ, words[0], "-q", path, *words[1:]], check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S)
    conq("-q", path, "-s", 'echo "$1"', items=b"one\n\xff\n")  # jobs 1 and 2
    call("put", "-t", "1.5s", "--attempts", "7", "--priority", "-3", "--key", "k", "dead")
    call("fail", call("get").stdout.split(b"\t")[0].decode(), "why")
    call("put", "running")
    call("get", "--lease", "1h")
    call("put", "cancelled")
    call("cancel", "5")
    call("put", "--delay", "1h", "delayed")
    call("put", "ready")
    call("pause")
    return path


def rows(path, text):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
        base.row_factory = sqlite3.Row
        return base.execute(text).fetchall()


def test_the_file_says_what_it_is(path):
    assert rows(path, "PRAGMA application_id")[0][0] == int.from_bytes(b"conq", "big")
    version = int(re.search(r"# The file of a job queue, version (\d+)", PAGE.read_text())[1])
    assert rows(path, "PRAGMA user_version")[0][0] == version
    assert rows(path, "PRAGMA journal_mode")[0][0] == "wal"


def test_the_page_has_each_table_and_column(path):
    tables = {}
    for line in PAGE.read_text().splitlines():
        if found := re.match(r"\| table `(\w+)` \|", line):
            columns = tables.setdefault(found[1], set())
        elif found := re.match(r"\| ((`\w+`(, )?)+) \|", line):
            columns.update(re.findall(r"`(\w+)`", found[1]))
    assert set(tables) == {each[0] for each in rows(
        path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table, columns in tables.items():
        there = {each["name"] for each in rows(path, f"PRAGMA table_info({table})")}
        if table == "meta":  # the page names its rows, not its columns
            there = {each["name"] for each in rows(path, "SELECT name FROM meta")}
        assert columns == there, table


def test_each_state_is_as_said(path):
    found = {row["body"]: row for row in rows(path, "SELECT * FROM job")}
    states = {name.decode(): row["state"] for name, row in found.items() if name != b"\xff"}
    assert states.pop("one") == STATES["done"]
    assert states == {name: STATES[name] for name in states} and len(states) == 5
    dead, now_ms = found[b"dead"], time.time() * 1000
    assert (dead["limit_ms"], dead["max_attempts"], dead["priority"]) == (1500, 7, -3)
    assert (dead["key"], dead["note"], dead["attempts"], dead["token"]) == (b"k", b"why", 1, 1)
    assert 0 < dead["put_ms"] <= dead["begin_ms"] <= dead["end_ms"] <= now_ms
    assert found[b"delayed"]["due_ms"] > now_ms and found[b"ready"]["begin_ms"] == 0
    awake_ms = time.clock_gettime(time.CLOCK_MONOTONIC) * 1000
    assert awake_ms < found[b"running"]["due_ms"] <= awake_ms + 3600 * 1000
    assert found[b"running"]["owner"] < 0  # the lease ends by time
    assert rows(path, "SELECT value FROM meta WHERE name = 'flags'")[0][0] == 2  # paused
    facts = {row["name"]: row["value"] for row in rows(path, "SELECT * FROM fact")}
    assert facts["words"] == b"-s\0echo \"$1\"\0--\0" and b"-s" in facts["command"]


def test_the_checksums_are_those_of_the_page(path):
    for row in rows(path, "SELECT * FROM job"):
        assert row["body_sum"] == signed(fnv(row["body"]))
        fields = [row[name] % 2**64 for name in (
            "id", "state", "token", "attempts", "crashes", "max_attempts", "max_crashes",
            "limit_ms", "body_sum")]
        assert row["sum"] == signed(fnv(struct.pack("<9Q", *fields)))
    outputs = rows(path, "SELECT * FROM output ORDER BY seq")
    assert len(outputs) == 2 and outputs[-1]["upto"] == sum(len(each["bytes"]) for each in outputs)
    for row in outputs:
        assert row["sum"] == signed(fnv(struct.pack("<Q", row["id"]), fnv(row["bytes"])))
        job, = rows(path, f"SELECT output FROM job WHERE id = {row['id']}")
        assert job["output"] == row["seq"]
