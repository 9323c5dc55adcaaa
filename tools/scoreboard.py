# SPDX-License-Identifier: BSL-1.0
"""The scoreboard: what was checked, how often, from which seeds, and at which commit.

docs/reliability/scoreboard.json has a line for each property, method and commit, and accumulates
over all campaigns. docs/reliability/scoreboard.md shows the same as a table. tools/campaign.py
fills both with what the tests publish (testing/support/scoreboard.hpp).
"""
import json
import os
import re
import subprocess

JSON, TABLE = "docs/reliability/scoreboard.json", "docs/reliability/scoreboard.md"


class Refused(Exception):
    """A figure that could not be repeated is not recorded."""


def commit_of(root):
    """The commit of the tree; refused if anything but the scoreboard differs from it."""
    def git(*arguments):
        return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True,
                              check=True).stdout.strip()
    changed = git("status", "--porcelain", "--", ".", f":!{JSON}", f":!{TABLE}")
    if changed:
        raise Refused(f"a figure belongs to a commit, and these are in none:\n{changed}")
    return git("rev-parse", "--short=12", "HEAD")


def read(root):
    """The current board; an empty one if there is none yet."""
    file = root / JSON
    return json.loads(file.read_text()) if file.exists() else {"next_run": 0, "lines": []}


def write(root, board):
    """Writes both files, each in one step: a campaign may be killed at any time."""
    for name, text in ((JSON, json.dumps(board, indent=1) + "\n"), (TABLE, table(board))):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_text(text)
        os.replace(fresh, file)


def published(text):
    """The lines of one run: property, method, count, distinct, seed, separated by tabs."""
    found = []
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) != 5 or not all(re.fullmatch(r"\d+", part) for part in parts[2:]):
            raise Refused(f"not a line of the scoreboard: {line!r}")
        count, distinct, seed = map(int, parts[2:])
        found.append({"property": parts[0], "method": parts[1], "count": count,
                      "distinct": distinct, "seed": seed})
    return found


def merge(board, lines, commit, date, machine):
    """Adds what one run published. Refuses the whole run if one of its lines cannot be recorded."""
    for line in lines:
        if not re.fullmatch(r"[0-9a-f]{12,40}", commit or ""):
            raise Refused(f"no commit: {line['property']}")
        if line["seed"] == 0:
            raise Refused(f"no seed: {line['property']}")
        if line["count"] == 0 or not line["property"] or not line["method"]:
            raise Refused(f"nothing was checked: {line}")
    for line in lines:
        key = {"property": line["property"], "method": line["method"], "commit": commit}
        entry = next((each for each in board["lines"] if key.items() <= each.items()), None)
        if entry is None:
            entry = {**key, "runs": 0, "count": 0, "distinct": 0, "first_seed": line["seed"],
                     "last_seed": line["seed"]}
            board["lines"].append(entry)
        is_repeated = line["seed"] in (entry["first_seed"], entry["last_seed"]) and entry["runs"]
        entry["runs"] += 1
        # The same seed means the same work: exhaustive runs always begin at 1.
        entry["count"] = max(entry["count"], line["count"]) if is_repeated \
            else entry["count"] + line["count"]
        # Runs may repeat each other's traces: only traces within one run surely differ.
        entry["distinct"] = max(entry["distinct"], line["distinct"])
        entry["first_seed"] = min(entry["first_seed"], line["seed"])
        entry["last_seed"] = max(entry["last_seed"], line["seed"])
        entry["date"], entry["machine"] = date, machine


def table(board):
    """The text of scoreboard.md: a line for each property and method, over all commits."""
    rows = {}
    for line in board["lines"]:  # oldest commit first
        rows.setdefault((line["property"], line["method"]), []).append(line)
    out = ["<!-- SPDX-License-Identifier: BSL-1.0 -->", "# Scoreboard", "",
           "Written by `./check --campaign`; not by hand. [What the words mean](README.md).",
           "Seeds are those that the first and the last run began with.", "",
           "| property | method | checked in all | at the last commit | distinct, most in a run "
           "| seeds | last commit | last run |",
           "|---|---|--:|--:|--:|---|---|---|"]
    for (what, method), lines in sorted(rows.items()):
        last = lines[-1]
        total = sum(line["count"] for line in lines)
        distinct = max(line["distinct"] for line in lines)
        first_seed = min(line["first_seed"] for line in lines)
        last_seed = max(line["last_seed"] for line in lines)
        out.append(f"| {what} | {method} | {total:,} | {last['count']:,} "
                   f"| {f'{distinct:,}' if distinct else '–'} | {first_seed} … {last_seed} "
                   f"| {last['commit']} | {last['date']} |")
    return "\n".join(out) + "\n"
