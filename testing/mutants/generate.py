# SPDX-License-Identifier: BSL-1.0
"""Writes a copy of a tree of headers that contains every mutant, each with a number, and a table of
the mutants. At run time one integer (testing/mutants/switch.hpp) says which mutant is on; 0: none.

    generate.py OUT REASONS TREE...

Each TREE is a folder by whose name its headers are included, such as include/conq. OUT/include
holds the copies; OUT/mutants.inc is the table, in C++.
REASONS says which mutants are equivalent, and why. An entry is a line

    rule | file | function | text of the source

in which * matches any text, followed by the reason, which is indented.
"""
import dataclasses
import pathlib
import re
import sys

import cpp
import mutation_rules as rules

SWITCH = '#pragma GCC system_header\n#include "testing/mutants/switch.hpp"\n#line 1\n'


@dataclasses.dataclass
class Mutant:
    number: int
    rule: str
    file: str
    line: int
    where: str  # the function
    text: str   # the source there
    reason: str = ""  # why it is equivalent

    def key(self):
        return (self.rule, self.file, self.where, self.text)


def is_replaced(name, text):
    """Whether no model runs a header. The scheduler replaces the machine's side of the seam, and
    job queues run on real threads and stores."""
    is_machine = "platform/" in name and "template <class Platform>" not in text
    return is_machine or '#include "conq/jobs.hpp"' in text


def mutate(texts):
    """{name: text} -> ({name: text with mutants}, [Mutant]). No two mutants have the same name."""
    sources = {name: cpp.Source(text) for name, text in sorted(texts.items())
               if not is_replaced(name, text)}
    tree = rules.learn(sources.values())
    mutants, changed, seen = [], dict(texts), {}
    for name, source in sources.items():
        sites = sorted((site for rule in rules.RULES for site in rule(source, tree)),
                       key=lambda site: site.first)
        edits = []
        for site in sites:
            where = source.place(site.first)
            ids = []
            for rule in site.rules:
                made = Mutant(len(mutants) + 1, rule, name, source.line(site.first), where,
                              source.words(site.first, site.last))
                seen[made.key()] = seen.get(made.key(), 0) + 1
                if seen[made.key()] > 1:
                    made.text += f" #{seen[made.key()]}"
                mutants.append(made)
                ids.append(made.number)
            edits += [(first, last, make, tuple(ids)) for first, last, make in site.edits]
        if edits:
            changed[name] = SWITCH + render(source, edits)
    return changed, mutants


def render(source, edits):
    """The text with all edits applied, the inner ones first."""
    edits = sorted(edits, key=lambda edit: (edit[0], -edit[1]))
    for at, (first, last, _, _) in enumerate(edits):
        for other_first, other_last, _, _ in edits[at + 1:]:
            if other_first < last < other_last and other_first > first:
                raise ValueError(f"mutants overlap at line {source.line(other_first)}")

    def text_of(first, last, begin, end):
        """The text from offset `begin` to `end`, with the edits of tokens [first, last) applied."""
        out = ""
        while pending and pending[0][0] >= first and pending[0][1] <= last:
            inner_first, inner_last, make, ids = pending.pop(0)
            inner_begin = source.tokens[inner_first].start
            inner_end = source.tokens[inner_last - 1].end
            out += source.text[begin:inner_begin]
            out += make(ids, text_of(inner_first, inner_last, inner_begin, inner_end))
            begin = inner_end
        return out + source.text[begin:end]

    pending = list(edits)
    return text_of(0, len(source.tokens), 0, len(source.text))


def read_reasons(text):
    """The entries of a file of reasons: [((rule, file, function, text), reason)]."""
    entries = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            key, reason = entries.pop()
            entries.append((key, f"{reason} {line.strip()}".strip()))
            continue
        key = tuple(part.strip() for part in line.split("|", 3))
        if len(key) != 4:
            raise ValueError(f"not `rule | file | function | text`: {line}")
        entries.append((key, ""))
    return entries


def give_reasons(mutants, entries):
    """Marks equivalent mutants. Returns the entries that match no mutant or give no reason."""
    idle = []
    for key, reason in entries:
        pattern = [re.compile(re.escape(part).replace(r"\*", ".*")) for part in key]
        matching = [m for m in mutants
                    if all(p.fullmatch(part) for p, part in zip(pattern, m.key()))]
        for each in matching:
            each.reason = reason
        if not matching or not reason:
            idle.append(" | ".join(key))
    return idle


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    out, reasons = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    trees = [pathlib.Path(arg) for arg in sys.argv[3:]]
    texts = {str(file.relative_to(tree.parent)): file.read_text()
             for tree in trees for file in tree.rglob("*.hpp")}
    changed, mutants = mutate(texts)
    idle = give_reasons(mutants, read_reasons(reasons.read_text()))
    if idle:
        sys.exit(f"{reasons}: matches no mutant, or gives no reason:\n" + "\n".join(idle))
    for name, text in changed.items():
        file = out / "include" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
    table = "".join(
        f"{{{m.number}, {quoted(m.rule)}, {quoted(m.file)}, {m.line}, {quoted(m.where)},\n"
        f" {quoted(m.text)}, {quoted(m.reason) if m.reason else 'nullptr'}}},\n" for m in mutants)
    (out / "mutants.inc").write_text(table)


if __name__ == "__main__":
    main()
