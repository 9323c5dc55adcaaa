# SPDX-License-Identifier: BSL-1.0
"""What the rules see of a C++ file: tokens, functions, statements. The parser relies on the format
of the project (one style, no macros that open or close a block) and knows no types."""
import bisect
import dataclasses
import re

TOKEN = re.compile(r"""
    (?P<skip>\s+|//[^\n]*|/\*.*?\*/|(?:(?<=\n)|\A)[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')
  | (?P<number>\d(?:'?[\w.])*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign>::|->|\+\+|--|<<=|>>=|<=>|\+=|-=|\*=|/=|\|=|&=|\^=|==|!=|<=|>=|&&|\|\||<<|\.\.\.|.)
""", re.VERBOSE | re.DOTALL)
# Code that only debug builds compile: its assertions are no part of the protocol.
CHECKED = re.compile(r"^#if CONQ_CHECKED\n.*?^#(?:else|endif)\b", re.MULTILINE | re.DOTALL)
CLOSES = {"(": ")", "[": "]", "{": "}"}
ASSIGNS = {"=", "+=", "-=", "|=", "&=", "*=", "/=", "^=", "<<=", ">>="}
CONTROL = {"if", "for", "while", "switch", "do", "else", "try", "catch"}


@dataclasses.dataclass
class Token:
    text: str
    start: int
    end: int
    is_word: bool


@dataclasses.dataclass
class Statement:
    """Tokens [first, last) of one statement. The parts of a compound statement are statements."""
    kind: str  # block, if, loop, try, declaration, expression, jump
    first: int
    last: int
    head: tuple = None  # first and last token of the text in the parentheses
    parts: list = dataclasses.field(default_factory=list)
    is_constexpr: bool = False

    def is_constexpr_if(self):
        """Whether it is an `if constexpr` without else: the types decide if its part exists."""
        return self.is_constexpr and len(self.parts) == 1

    def walk(self):
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclasses.dataclass
class Function:
    """A function or lambda with a body; `outer` is the function that it stands in."""
    name: str
    first: int  # where its declaration begins
    opens: int  # the tokens { and }
    closes: int
    is_noexcept: bool
    is_void: bool
    body: list
    outer: "Function" = None
    owner: str = ""  # the type it is a member of

    def statements(self):
        for each in self.body:
            yield from each.walk()


class Source:
    def __init__(self, text):
        self.text = text
        self.tokens = []
        blanked = CHECKED.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
        for found in TOKEN.finditer(blanked):
            if found.lastgroup != "skip":
                self.tokens.append(Token(found[0], found.start(), found.end(),
                                         found.lastgroup == "word"))
        self.match = self._match()
        self._line_starts = [0] + [m.end() for m in re.finditer("\n", text)]
        self.functions = self._functions()

    def line(self, token):
        return bisect.bisect_right(self._line_starts, self.tokens[token].start)

    def words(self, first, last):
        """The source of tokens [first, last) on one line."""
        if first >= last:
            return ""
        text = self.text[self.tokens[first].start:self.tokens[last - 1].end]
        return re.sub(r"\s+", " ", re.sub(r"//[^\n]*", " ", text)).strip()

    def texts(self, first, last):
        return [token.text for token in self.tokens[first:last]]

    def at(self, index):
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def enclosing(self, token):
        """The innermost function around a token, or None."""
        inside = [f for f in self.functions if f.opens < token < f.closes]
        return max(inside, key=lambda f: f.opens) if inside else None

    def place(self, token):
        """The name of the function that a token belongs to, as the report shows it."""
        around = [f for f in self.functions if f.first <= token < f.closes]
        if not around:
            return "-"
        outermost = min(around, key=lambda f: f.opens)
        return "::".join(filter(None, [outermost.owner, outermost.name]))

    def calls(self, first, last):
        """(name, token of the name) of each call among tokens [first, last)."""
        for i in range(first, last):
            token = self.tokens[i]
            if not token.is_word or self.at(i + 1) not in ("(", "<"):
                continue
            opens = i + 1
            if self.at(opens) == "<":
                opens = self._after_angles(opens)
            if opens is not None and self.at(opens) == "(" and token.text not in CONTROL:
                yield token.text, i

    def call_opens(self, name):
        """The `(` of the call whose name stands at a token."""
        return name + 1 if self.at(name + 1) == "(" else self._after_angles(name + 1)

    def receiver(self, name):
        """The first token of `a.b->c<d>::e` before the name at a token, e.g. of `a`."""
        at = name
        while self.at(at - 1) in (".", "->", "::"):
            at -= 2
            if self.at(at) in (")", "]"):
                at = self.match[at]
                if self.tokens[at - 1].is_word:
                    at -= 1
            elif self.at(at) == ">":
                opens = (i for i in range(at - 1, 0, -1) if self.at(i) == "<")
                at = next(i for i in opens if self._after_angles(i) == at + 1) - 1
        return at if self.at(at - 1) != "::" else at - 1

    # ---- structure

    def _match(self):
        match, stack = {}, []
        for i, token in enumerate(self.tokens):
            if token.text in CLOSES:
                stack.append(i)
            elif token.text in CLOSES.values():
                opened = stack.pop()
                if CLOSES[self.tokens[opened].text] != token.text:
                    raise ValueError(f"unbalanced: {token.text} at offset {token.start}")
                match[opened], match[i] = i, opened
        if stack:
            raise ValueError(f"never closed: offset {self.tokens[stack[-1]].start}")
        return match

    def _after_angles(self, opens):
        """The token after a balanced <...>, or None if this is no template's list."""
        depth, i = 0, opens
        while i < len(self.tokens):
            text = self.tokens[i].text
            if text == "<":
                depth += 1
            elif text == ">":
                depth -= 1
                if depth == 0:
                    return i + 1
            elif text in ("(", "["):
                i = self.match[i]
            elif text in (";", "{", "}", "&&", "||", ")", "]"):
                return None
            i += 1
        return None

    def _functions(self):
        found = []
        for i, token in enumerate(self.tokens):
            if token.text == "{":
                made = self._function_at(i)
                if made is not None:
                    found.append(made)
        for each in found:
            around = [f for f in found if f.opens < each.opens and each.closes < f.closes]
            each.outer = max(around, key=lambda f: f.opens) if around else None
            each.body = self._block(each.opens)
        return found

    def _head_of(self, opens):
        """The first token of the text before a `{`, back to the beginning of its statement."""
        i = opens
        while i > 0:
            text = self.at(i - 1)
            if text in (")", "]") or text == "}" and self._initialises(self.match[i - 1]):
                i = self.match[i - 1]
                continue
            if text in (";", "{", "}", "(", "["):
                break
            if text == ":" and self.at(i - 2) in ("public", "private", "protected"):
                break
            i -= 1
        return i

    def _initialises(self, opens):
        """Whether a { belongs to the initialiser list of a constructor: `: a{1}, b{2} {`."""
        return self.tokens[opens - 1].is_word and self.at(opens - 2) in (":", ",")

    def _function_at(self, opens):
        if self._initialises(opens):
            return None
        begin = self._head_of(opens)
        head = self.texts(begin, opens)
        lambda_begin = self._lambda_begin(opens)
        if lambda_begin is not None:
            return Function("lambda", lambda_begin, opens, self.match[opens],
                            "noexcept" in self.texts(lambda_begin, opens), False, [])
        i = begin
        while self.at(i) == "template":
            i = self._after_angles(i + 1)
        if i is None or i >= opens or self.at(i) in CONTROL:
            return None
        if {"namespace", "class", "struct", "union", "enum"} & {self.at(i), self.at(i + 1)}:
            return None
        name = None
        while i < opens:
            text = self.at(i)
            if text in ("noexcept", "alignas", "decltype", "requires"):
                i += 1
                if self.at(i) == "(":
                    i = self.match[i] + 1
                continue
            if text == "[":
                i = self.match[i] + 1
                continue
            if text == "operator":
                name = "operator" + ("()" if self.at(i + 1) == "(" else self.at(i + 1))
                break
            if text == "(":
                if not self.tokens[i - 1].is_word:
                    return None
                name = ("~" if self.at(i - 2) == "~" else "") + self.at(i - 1)
                break
            if text in ASSIGNS or text == "return":
                return None  # an initialiser
            i += 1
        if name is None or not any(t == "(" for t in head) or self.at(opens - 1) == "=":
            return None
        is_void = "void" in self.texts(begin, i)
        noexcept = "noexcept" in head or name.startswith("~")
        made = Function(name, begin, opens, self.match[opens], noexcept, is_void, [])
        made.owner = self._owner(begin)
        return made

    def _lambda_begin(self, opens):
        """The [ of the lambda whose body opens here, or None."""
        i = opens - 1
        limit = max(0, opens - 40)
        while i > limit and self.at(i) not in (")", "]", ";", "{", "}"):
            i -= 1  # mutable, noexcept, -> type
        if self.at(i) == ")":
            inner = self.match[i]
            if self.at(inner - 1) == "noexcept":  # noexcept(...)
                i = inner - 2
                if self.at(i) != ")":
                    return None
                inner = self.match[i]
            i = inner - 1
        if self.at(i) != "]" or self.at(i - 1) == "]":
            return None
        begin = self.match[i]
        previous = self.tokens[begin - 1]
        indexed = previous.is_word and previous.text != "return" or previous.text in (")", "]")
        return None if indexed else begin

    def _owner(self, token):
        """The name of the innermost type around a token."""
        i = token - 1
        while i >= 0:
            text = self.at(i)
            if text == "}":
                i = self.match[i]
            elif text == "{":
                begin = self._head_of(i)
                while self.at(begin) == "template":
                    begin = self._after_angles(begin + 1)
                head = re.sub(r"\[\[.*?\]\]|alignas\([^)]*\)", "", self.words(begin, i))
                named = re.search(r"\b(?:class|struct)\s+(\w+)", head)
                if named:
                    return named[1]
            i -= 1
        return ""

    # ---- statements

    def _block(self, opens):
        statements, i, closes = [], opens + 1, self.match[opens]
        while i < closes:
            made = self._statement(i)
            statements.append(made)
            i = made.last
        return statements

    def _skip_attributes(self, i):
        while self.at(i) == "[" and self.at(i + 1) == "[":
            i = self.match[i] + 1
        return i

    def _statement(self, first):
        i = self._skip_attributes(first)
        text = self.at(i)
        if text == "{":
            return Statement("block", first, self.match[i] + 1, None, self._block(i))
        if text == "if":
            opens = i + 2 if self.at(i + 1) == "constexpr" else i + 1
            then = self._statement(self._skip_attributes(self.match[opens] + 1))
            made = Statement("if", first, then.last, (opens + 1, self.match[opens]), [then],
                             opens == i + 2)
            if self.at(then.last) == "else":
                made.parts.append(self._statement(then.last + 1))
                made.last = made.parts[1].last
            return made
        if text in ("while", "for", "switch"):
            closes = self.match[i + 1]
            body = self._statement(self._skip_attributes(closes + 1))
            return Statement("loop", first, body.last, (i + 2, closes), [body])
        if text == "do":
            body = self._statement(i + 1)
            closes = self.match[body.last + 1]
            return Statement("loop", first, closes + 2, (body.last + 2, closes), [body])
        if text == "try":
            made = Statement("try", first, 0, None, [self._statement(i + 1)])
            made.last = made.parts[0].last
            while self.at(made.last) == "catch":
                made.parts.append(self._statement(self.match[made.last + 1] + 1))
                made.last = made.parts[-1].last
            return made
        last = i
        while self.at(last) != ";":
            last = self.match[last] + 1 if self.at(last) in CLOSES else last + 1
        kind = "expression"
        if text in ("return", "throw", "break", "continue", "goto", "case", "default"):
            kind = "jump"
        elif self._is_declaration(i):
            kind = "declaration"
        return Statement(kind, first, last + 1)

    def _is_declaration(self, i):
        starts = {"const", "auto", "using", "struct", "class", "static", "constexpr", "typename",
                  "enum", "union", "unsigned", "template", "volatile"}
        if self.at(i) in starts:
            return True
        if self.at(i) == "::":
            i += 1
        if not self.tokens[i].is_word or self.at(i) in ("delete", "new", "static_cast"):
            return False
        i += 1
        while True:  # a qualified name with the arguments of templates, then * and &
            if self.at(i) == "::":
                i += 2
            elif self.at(i) == "<":
                after = self._after_angles(i)
                if after is None:
                    return False
                i = after
            else:
                break
        while self.at(i) in ("*", "&", "&&", "const") or self.at(i) == "*const":
            i += 1
        return i < len(self.tokens) and self.tokens[i].is_word

    def declared(self, statement):
        """Names that a declaration introduces, as far as its shape shows them."""
        names = set()
        for i in range(statement.first, statement.last):
            if self.tokens[i].is_word and self.at(i + 1) in ("=", ";", "{", "(", ","):
                names.add(self.at(i))
        return names
