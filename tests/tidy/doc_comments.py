# SPDX-License-Identifier: BSL-1.0
"""Which public declarations of a header have no doc comment.

It reads lines as clang-format leaves them and counts brackets: a declaration ends on the first line
that ends in `;` or `}` with all brackets closed. One is documented if a `///` line stands above it
or `///<` behind it, or if it stands directly under a documented one: they are a group. Private
parts are not asked, nor what adds no name: see ADDS_NO_NAME.
"""
import re

TEMPLATE = r"^\s*(?:template <.*> )?"
SCOPE = re.compile(
    TEMPLATE + r"(namespace|class|struct|union|enum class|enum)\b(?: \[\[\w+\]\]| alignas\(.*?\))*"
    r"(?: ([\w:]+))?(?= final| :|\s*{)", re.M)
ADDS_NO_NAME = re.compile("|".join([
    r"\A\s*(?:friend|static_assert|using namespace)\b", r"\A\s*using [\w:]+::\w+;",
    TEMPLATE + r"friend\b",
    TEMPLATE + r"(?:class|struct|enum class) \w+(?: : \w+)?;",  # said in advance
    TEMPLATE + r"(?:class|struct|union)(?: alignas\(.*?\))? \w+<",  # a specialisation
    r"= (?:default|delete);$", r"\) (?:const )?(?:noexcept )?override\b", r"\A\s*~\w+\(",
    r"\A[^(=]* \w+::\w+\(",  # declared elsewhere
    r"\A\s*(\w+)\((?:const )?\1(?:<.*>)?&&?(?: \w+)?\)",  # a copy or a move
    r"\boperator=\((?:const )?(\w+)(?:<.*>)?&&?(?: \w+)?\)",
]), re.M)
STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])+\'|//.*')


def undocumented(text):
    """[(line, declaration)] of what has no comment."""
    return _Reader(text).found


class _Reader:
    def __init__(self, text):
        self.found = []
        self.scopes = [("namespace", True)]  # of each open one: what it is, and if it is public now
        self.is_documented = False  # whether what begins on the next line is
        self.lines = text.split("\n")
        guards = (line.split()[1] for line in self.lines if line.startswith("#ifndef"))
        self.guard = next(guards, "")
        at = 0
        while at < len(self.lines):
            at = self._read(at)
        if len(self.scopes) != 1:
            self.found.append((len(self.lines), "the braces do not match"))

    def _read(self, at):
        """Reads what begins on this line; answers the line behind it."""
        line = self.lines[at].strip()
        if line.startswith("#"):
            return self._directive(at, line)
        if not line or line.startswith("//"):
            self.is_documented = line.startswith("///")
            return at + 1
        if line.startswith("}"):
            self.scopes.pop()
            self.is_documented = False
            return at + 1
        if label := re.fullmatch(r"(public|protected|private):", line):
            self.scopes[-1] = (self.scopes[-1][0], label[1] == "public")
            self.is_documented = False
            return at + 1
        return self._declaration(at)

    def _directive(self, at, line):
        end = at
        while self.lines[end].endswith("\\"):
            end += 1
        macro = re.match(r"#\s*define (\w+)", line)
        if macro and macro[1] != self.guard:
            self._judge(at, at, line)
        return end + 1

    def _declaration(self, at):
        depth, text = 0, ""
        for end in range(at, len(self.lines)):
            code = STRING_OR_COMMENT.sub("", self.lines[end]).rstrip()
            text += code + "\n"
            depth += len(re.findall(r"[({[]", code)) - len(re.findall(r"[)}\]]", code))
            if self.scopes[-1][0].startswith("enum") and not depth:
                break
            if depth == 1 and code.endswith("{") and (scope := self._scope_in(text)):
                self._enter(at, end, text, scope)
                return end + 1
            is_clause = code.lstrip().startswith("requires")
            if depth == 0 and (code.endswith(";") or code.endswith("}") and not is_clause):
                break
        if ADDS_NO_NAME.search(text.split("{\n")[0]):
            self.is_documented = self.is_documented or self._has_trailing(end)
        else:
            self._judge(at, end, text)
        return end + 1

    @staticmethod
    def _scope_in(text):
        found = list(SCOPE.finditer(text))
        return found[-1] if found and "(" not in text[found[-1].end():] else None

    def _enter(self, at, end, text, scope):
        if scope[1] != "namespace" and not ADDS_NO_NAME.search(text.split("{\n")[0]):
            self._judge(at, end, text)
        is_public = self.scopes[-1][1] and (scope[1] != "class") and bool(scope[2])
        self.scopes.append((scope[1] if self.scopes[-1][1] else "private", is_public))
        self.is_documented = False

    def _judge(self, first, last, text):
        self.is_documented = self.is_documented or self._has_trailing(last)
        if not self.is_documented and self.scopes[-1][1]:
            self.found.append((first + 1, text.strip().split("\n")[0]))

    def _has_trailing(self, at):
        return any(piece.startswith("///<") for piece in STRING_OR_COMMENT.findall(self.lines[at]))
