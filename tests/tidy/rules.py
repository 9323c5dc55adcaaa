# SPDX-License-Identifier: BSL-1.0
"""The checks themselves: each returns a list of what is wrong, empty if nothing is."""
import ast
import os
import pathlib
import re
import subprocess

SOURCE = pathlib.Path(os.environ.get("CONQ_SOURCE", pathlib.Path(__file__).parents[2]))
LINES_MAX, COLUMNS_MAX, FUNCTION_LINES_MAX = 600, 100, 70
CODE = (".hpp", ".cpp", ".py", ".sh", ".cmake", ".txt")


def tracked_names():
    """The project's files: what git tracks, and what it would if it were asked now."""
    listed = subprocess.run(
        ["git", "-C", str(SOURCE), "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=True).stdout.split("\n")
    return [name for name in listed if name and (SOURCE / name).is_file()]


def read_layers(file):
    """Folder -> number."""
    pairs = [line.split() for line in file.read_text().splitlines()
             if line.strip() and not line.startswith("#")]
    return {folder: int(number) for number, folder in pairs}


def bad_includes(root, headers, layers):
    """Includes that point up or sideways, and files in a folder that no layer names."""
    found = []
    for file in headers:
        place = file.relative_to(root).parts
        if len(place) == 1:
            continue  # the headers that users include stand on top and may use everything
        if place[0] not in layers:
            found.append(f"{file}: no layer for {place[0]}")
            continue
        for target in re.findall(r'#\s*include\s*(?:[<"]conq/|"(?!conq/))([^>"]+)[>"]',
                                 file.read_text()):
            folder = target.split("/")[0] if "/" in target else None
            if folder == place[0]:
                continue
            if folder not in layers or layers[folder] >= layers[place[0]]:
                found.append(f"{file}: includes conq/{target}")
    return found


FORBIDDEN = [
    r"\bthread_local\b", r"\bstd::(recursive_|timed_|shared_)*mutex\b", r"\bstd::stop_callback\b",
    r"\bstd::this_thread\b", r"(?:_|\b)[cC]lock::now\b", r"\bstd::condition_variable\b",
    r"\batomic_(thread|signal)_fence\b",  # ThreadSanitizer cannot see them
    r"\bthrow\b|\b(try|catch)\s*[({]",  # see platform/exceptions.hpp
    # a static in a function: indented, with no parenthesis before `=` or `;`, and not constexpr
    r"^\s{4,}static\s+(?!constexpr\b|inline\b)[^()]*(=|;)",
]
STATIC = r"\s*(constinit\s+)?static\s+(?!constexpr\b)"


def forbidden_words(root, headers):
    """Words that only the platform may say."""
    found = []
    for file in headers:
        if file.relative_to(root).parts[0] == "platform":
            continue
        text = file.read_text()
        inside = {at + i for at, length in function_lengths(text, ".hpp") for i in range(1, length)}
        for number, line in enumerate(text.splitlines(), 1):
            code = line.split("//")[0]
            is_static = re.search(("(^|[{;])" if number in inside else "[{;]") + STATIC, code)
            if is_static or any(re.search(pattern, code) for pattern in FORBIDDEN):
                found.append(f"{file}:{number}: {line.strip()}")
    return found


WEAK_ORDER = re.compile(r"memory_order(_|::)(relaxed|consume|acquire|release|acq_rel)\b")
LEDGER_ENTRY = re.compile(r"\((\d+)\)(?: with ((?:\(\d+\)(?:, | and )?)+)| (\S.*))?")


def unpaired_orders(file):
    """Memory orders weaker than seq_cst whose line does not keep the ledger.

    Such a line ends in `// (n)`, each n once a file. On that line or on a comment line above, n is
    explained: `(n) with (m)` names the other side of the synchronizes-with edge, whose line names n
    in turn; `(n) relaxed: why` and `(n) a hint` say that there is no edge.
    """
    found, defined, partners, explained = [], set(), {}, set()
    for number, line in enumerate(file.read_text().splitlines(), 1):
        code, _, comment = line.partition("//")
        entry = LEDGER_ENTRY.match(comment.strip())
        if WEAK_ORDER.search(code):
            if not entry:
                found.append(f"{file}:{number}: no number: {line.strip()}")
                continue
            if entry[1] in defined:
                found.append(f"{file}:{number}: ({entry[1]}) again")
            defined.add(entry[1])
        elif not entry or code.strip():
            continue
        if entry[2]:
            partners.setdefault(entry[1], set()).update(re.findall(r"\d+", entry[2]))
        if entry[2] or entry[3]:
            explained.add(entry[1])
    found += [f"{file}: ({n}) is not explained" for n in sorted(defined - explained)]
    found += [f"{file}: ({n}) is explained and nowhere used" for n in sorted(explained - defined)]
    found += [f"{file}: ({n}) names ({m}), and ({m}) does not name ({n})"
              for n, named in sorted(partners.items()) for m in sorted(named)
              if n not in partners.get(m, ())]
    return found


def function_lengths(text, suffix):
    """(line, length) of each function, as far as the indentation of formatted code shows it."""
    lines = text.splitlines()
    if suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.lineno, node.end_lineno - node.lineno + 1
        return
    not_functions = re.compile(r"\b(namespace|class|struct|enum|union)\b|^\s*}|=\s*{$")
    for at, line in enumerate(lines):
        if not line.rstrip().endswith("{") or "(" not in line and not line.strip() == "{":
            continue
        if not_functions.search(line):
            continue
        indent = len(line) - len(line.lstrip())
        for end in range(at + 1, len(lines)):
            closing = lines[end]
            if closing.strip() and len(closing) - len(closing.lstrip()) <= indent:
                if closing.lstrip().startswith("}"):
                    yield at + 1, end - at + 1
                    break


def too_long(file):
    """Files, lines and functions over the limits."""
    if file.suffix not in CODE and not is_bash(file):
        return []
    text = file.read_text()
    lines = text.split("\n")
    found = []
    if len(lines) - 1 > LINES_MAX:
        found.append(f"{file}: {len(lines) - 1} lines")
    found += [f"{file}:{n}: {len(line)} columns" for n, line in enumerate(lines, 1)
              if len(line) > COLUMNS_MAX]
    if file.suffix in (".hpp", ".cpp", ".py", ".sh") or is_bash(file):
        found += [f"{file}:{at}: a function of {length} lines"
                  for at, length in function_lengths(text, file.suffix)
                  if length > FUNCTION_LINES_MAX]
    return found


def is_bash(file):
    if file.suffix == ".sh":
        return True
    if file.suffix or not file.is_file():
        return False
    with open(file, "rb") as opened:
        return opened.readline().startswith(b"#!") and b"bash" in file.read_bytes()[:40]


# An absolute path into somebody's folders; not of a web address.
MACHINE = re.compile(r"(?<![\w.:/])/(?:home|root|mnt|work|Users)/\w")


def bad_text(file):
    """Files without their licence line, and words about the machine they were written on."""
    text = file.read_text()
    found = []
    needs_line = file.suffix != ".json" and file.name != "LICENSE"  # JSON has no comments
    if needs_line and "SPDX-License-Identifier: BSL-1.0" not in text[:200]:
        found.append(f"{file}: no SPDX line")
    if MACHINE.search(text):
        found.append(f"{file}: names the machine")
    return found
