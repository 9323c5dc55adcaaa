# SPDX-License-Identifier: BSL-1.0
"""The rules that make mutants. A rule describes what a construct looks like, never where one is, so
a new queue gets its mutants without anyone picking them.

A rule yields sites. A site has one or more mutants and the edits that insert them into the text.
The edit `(first, last, make)` replaces tokens [first, last) by make(ids, text), where ids are the
numbers of the mutants of the site, and text is the old text with the edits inside it applied.
"""
import dataclasses
import re

import cpp

NAMESPACE = "::conq::testing::"
ATOMIC = {"load": "acquire", "store": "release"}
ATOMIC |= {name: "acq_rel" for name in (
    "exchange", "fetch_add", "fetch_sub", "fetch_or", "fetch_and", "fetch_xor",
    "compare_exchange_weak", "compare_exchange_strong")}
WRITES = set(ATOMIC) - {"load"}
WAKES = re.compile(r"^(wake|notify|resume)(?!r|d)")
WAKES_ALL = re.compile(r"_(all|everybody)(_|$)")
PARKS = re.compile(r"^(wait|sleep)$")
BARRIER = re.compile(r"^((light|heavy)_barrier|after_arming)$")
HANDLED = ("call_or", "call_cleanly")
FREES = re.compile(r"^(destroy_at|end|deallocate|free_all)$")
SILENT = {"static_cast", "reinterpret_cast", "prefetch", "sizeof", "max", "min", "move", "forward"}


@dataclasses.dataclass
class Site:
    rules: list  # one mutant for each
    first: int   # tokens that identify it: its place, and its name in the report
    last: int
    edits: list


@dataclasses.dataclass
class Tree:
    """What the rules know about all headers together."""
    wakers: set   # names of functions that do nothing but wake
    readers: set  # names of functions that return a shared count
    parkers: set  # names of functions that park


def on(number):
    return f"{NAMESPACE}mutant({number})"


def learn(sources):
    wakers, readers, parkers = set(), set(), set()
    for source in sources:
        for function in source.functions:
            calls = [name for name, _ in source.calls(function.opens, function.closes)]
            if any(PARKS.match(name) for name in calls):
                parkers.add(function.name)
            body = function.body
            if function.is_void and len(body) == 1 and wakes_only(source, body[0]):
                wakers.add(function.name)
            if is_reader(source, function):
                readers.add(function.name)
    return Tree(wakers, readers - {"lambda"}, parkers - {"lambda"})


def wakes_only(source, statement):
    if statement.kind in ("if", "block") and statement.parts:
        return all(wakes_only(source, part) for part in statement.parts)
    return statement.kind == "expression" and leading_call(source, statement, WAKES.match)


def is_reader(source, function):
    if len(function.body) != 1 or function.body[0].kind != "jump" or function.is_void:
        return False
    inside = function.body[0]
    if "bool" in source.texts(function.first, function.opens):
        return False
    return any(name == "load" and source.at(at - 1) in (".", "->")
               for name, at in source.calls(inside.first, inside.last))


def leading_call(source, statement, accepts):
    """The token of the name of the call that an expression statement makes, if `accepts(name)`."""
    first = statement.first
    if source.at(first) == "static_cast":
        first = source.call_opens(first) + 1
    for name, at in source.calls(first, statement.last):
        closes = source.match[source.call_opens(at)]
        after = source.at(closes + 1)
        if source.receiver(at) <= first and after in (";", ")") and accepts(name):
            return at
    return None


def atomic_calls(source, first, last):
    """(name, token) of each member call of an atomic."""
    return [(name, at) for name, at in source.calls(first, last)
            if name in ATOMIC and source.at(at - 1) in (".", "->")]


def is_write(source, statement):
    """Whether a statement is an atomic write whose result is not used."""
    if statement.kind != "expression":
        return False
    at = leading_call(source, statement, lambda name: name in WRITES)
    return at is not None and source.at(at - 1) in (".", "->")


def counts_tasks(source, statement):
    return statement.kind == "expression" and leading_call(
        source, statement, lambda name: name in ("task_done", "end_lease", "done")) is not None


def counts_plainly(source, statement):
    """++count_, --count_, count_ += n; count_ a member."""
    if statement.kind != "expression":
        return False
    texts = source.texts(statement.first, statement.last - 1)
    if texts[0] in ("++", "--"):
        return len(texts) == 2 and texts[1].endswith("_")
    return len(texts) > 2 and texts[0].endswith("_") and texts[1] in ("+=", "-=")


def has_jump(statement):
    return any(each.kind == "jump" for each in statement.walk())


def ends_in_jump(statement):
    last = statement
    while last.kind == "block" and last.parts:
        last = last.parts[-1]
    return last.kind == "jump"


def has_effect(source, statement):
    """Whether other threads, or the owner of an object, could tell that a statement was run."""
    if statement.kind == "jump":
        return False
    if any(name not in SILENT for name, _ in source.calls(statement.first, statement.last)):
        return True
    if statement.kind == "declaration":
        return False
    texts = source.texts(statement.first, statement.last)
    is_shared = any(text in (".", "->", "*") or text.endswith("_") for text in texts)
    return is_shared and any(text in cpp.ASSIGNS | {"++", "--"} for text in texts)


def blocks(function):
    """Each list of consecutive statements."""
    pending = [function.body]
    while pending:
        siblings = pending.pop()
        yield siblings
        for each in siblings:
            if each.kind == "block":
                pending.append(each.parts)
            elif each.kind in ("if", "loop", "try"):
                pending += [part.parts if part.kind == "block" else [part] for part in each.parts]


def own_statements(source, function):
    """The statements of a function, without those of the functions inside it."""
    for each in function.statements():
        if source.enclosing(each.first) is function:
            yield each


def drop(condition):
    """Runs a statement only if the mutant is off; braces keep an `else` where it belongs."""
    return lambda ids, text: f"{{ if ({condition.format(*ids)}) {{ {text} }} }}"


DROP = drop("!" + on("{0}"))


# ---- orders

def edges(source, _):
    """Every numbered memory order, weakened to relaxed."""
    for i, token in enumerate(source.tokens):
        if re.fullmatch(r"memory_order_(acquire|release|acq_rel)", token.text):
            first, last = call_around(source, i)
            yield Site(["edge relaxed"], first, last, [
                (i - 2, i + 1, lambda ids, text: f"{NAMESPACE}order({ids[0]}, {text})")])


def call_around(source, token):
    """Tokens [first, last) of the call whose arguments contain a token, with its receiver."""
    opens = token
    while source.at(opens) != "(":
        opens = source.match[opens] - 1 if source.at(opens) in (")", "]", "}") else opens - 1
    return source.receiver(opens - 1), source.match[opens] + 1


def total_order(source, _):
    """Every word that has seq_cst operations: all of them weakened to acquire and release, or to
    relaxed; not in destructors, which run alone."""
    rules = ["seq_cst to acquire-release", "seq_cst to relaxed"]
    words = {}
    for name, at in atomic_calls(source, 0, len(source.tokens)):
        function = source.enclosing(at)
        if function is not None and function.name.startswith("~"):
            continue
        opens = source.call_opens(at)
        closes = source.match[opens]
        orders = [i for i in range(opens, closes) if source.at(i).startswith("memory_order_")]
        if not orders:
            comma = "" if closes == opens + 1 else ", "
            weak = [ATOMIC[name]] + ["acquire"] * name.startswith("compare")
            edit = (closes, closes + 1, lambda ids, text, comma=comma, weak=weak:
                    comma + ", ".join(weaker(ids, each) for each in weak) + text)
        elif source.at(orders[0]) == "memory_order_seq_cst":
            edit = (orders[0] - 2, orders[0] + 1,
                    lambda ids, text, name=name: weaker(ids, ATOMIC[name]))
        else:
            continue
        first = word_before(source, at)
        word = tuple(source.texts(first, at - 1))
        words.setdefault(word, []).append((first, at - 1, edit))
    for uses in words.values():
        yield Site(rules, *uses[0][:2], [edit for _, _, edit in uses])


def word_before(source, call):
    """The first token of the name that the atomic of a call has in all functions: `put_.word`, and
    `armed` for `wake.armed`."""
    first = source.receiver(call)
    while not source.at(first).endswith("_") and first + 2 < call:
        first += 2
    return first


def weaker(ids, weak):
    return (f"{NAMESPACE}order({ids[0]}, {NAMESPACE}order({ids[1]}, std::memory_order_seq_cst), "
            f"std::memory_order_{weak})")


# ---- waiting and waking

def looks(source, tree):
    """Every re-check before parking, removed: an `if` that leaves before the sleep after it."""
    for function in source.functions:
        statements = list(own_statements(source, function))
        loops = [each for each in statements if each.kind == "loop"]
        parks = [at for name, at in source.calls(function.opens, function.closes)
                 if (PARKS.match(name) or name in tree.parkers)
                 and source.enclosing(at) is function]
        for each in statements:
            if each.kind != "if" or len(each.parts) > 1 or not ends_in_jump(each.parts[0]):
                continue
            around = max((loop.first for loop in loops if loop.first < each.first < loop.last),
                         default=None)
            leads_away = any(
                at >= each.last and around == max(
                    (loop.first for loop in loops if loop.first < at < loop.last), default=None)
                for at in parks)
            if leads_away or function.name.startswith("enlist"):
                yield Site(["re-check removed"], each.first, head_end(each),
                           [(each.first, each.last, DROP)])
        for loop in loops:  # one that waits for the next step of another thread
            inside = [name for name, _ in source.calls(loop.parts[0].first, loop.parts[0].last)]
            if loop.parts[0].kind == "expression" and inside == ["yield"]:
                yield Site(["re-check removed"], loop.first, loop.last,
                           [(loop.first, loop.last, DROP)])


def head_end(statement):
    return statement.head[1] + 1 if statement.head else statement.last


def wakes(source, tree):
    """Every wake, dropped. A wake of one, halved (every second one); a wake of all wakes one."""
    rules = ["wake dropped", "wake halved"]

    def is_wake(name):
        return WAKES.match(name) or name in tree.wakers
    for function in source.functions:
        for each in own_statements(source, function):
            called = each.kind == "expression" and leading_call(source, each, is_wake)
            if called and source.at(called) == "notify_all":
                yield Site(rules, each.first, each.last, [
                    (each.first, each.last, DROP), (each.first, each.last, notify_one)])
            elif called and WAKES_ALL.search(source.at(called)):  # it is halved where it is defined
                yield Site(rules[:1], each.first, each.last, [(each.first, each.last, DROP)])
            elif called:
                yield Site(rules, each.first, each.last, [(each.first, each.last, drop(
                    f"!{on('{0}')} && !{NAMESPACE}every_second({{1}})"))])
            elif each.kind == "loop" and any(
                    is_wake(name) for name, _ in source.calls(*each.head)):
                yield Site(rules, each.first, head_end(each), [
                    (each.first, each.last, DROP),
                    (*each.head, lambda ids, text: f"({text}) && !{on(ids[1])}")])


def notify_one(ids, text):
    one = text.replace("notify_all", "notify_one")
    return f"{{ if ({on(ids[1])}) {{ {one} }} else {{ {text} }} }}"


def signals(source, _):
    """Every atomic write whose result is not used, dropped; on a throw it is a clean-up."""
    on_a_throw = list(handlers(source))
    for function in source.functions:
        if function in on_a_throw:
            continue
        for each in own_statements(source, function):
            if is_write(source, each):
                yield Site(["write dropped"], each.first, each.last,
                           [(each.first, each.last, DROP)])


def handlers(source):
    """The functions that call_or and call_cleanly call on a throw. They are lambdas, either second
    arguments or named before."""
    for name, at in source.calls(0, len(source.tokens)):
        if name not in HANDLED:
            continue
        opens = source.call_opens(at)
        closes = source.match[opens]
        i = begin = opens + 1
        while i < closes:
            if source.at(i) == ",":
                begin = i + 1
            i = source.match[i] + 1 if source.at(i) in cpp.CLOSES else i + 1
        found = [f for f in source.functions if f.name == "lambda" and (
            f.first == begin or f.first < at
            and source.texts(f.first - 2, f.first) == [source.at(begin), "="])]
        if not found:
            raise ValueError(f"whom does {name} call in line {source.line(at)}?")
        yield found[-1]


def barriers(source, _):
    """Every barrier, removed, and every call that passes one on."""
    for function in source.functions:
        for each in own_statements(source, function):
            if each.kind == "expression" and leading_call(source, each, BARRIER.match):
                yield Site(["barrier removed"], each.first, each.last,
                           [(each.first, each.last, DROP)])


# ---- the order of counts and publications

def moves(source, _):
    """Every count and publication, moved across its neighbours."""
    for function in source.functions:
        for siblings in blocks(function):
            for i, each in enumerate(siblings):
                if source.enclosing(each.first) is not function:
                    continue
                does = each.parts[0] if each.is_constexpr_if() else each
                if not (is_write(source, does) or counts_tasks(source, does)
                        or counts_plainly(source, does) and not function.is_noexcept):
                    continue
                text = source.words(each.first, each.last)
                before = siblings[i - 1] if i > 0 else None
                after = siblings[i + 1] if i + 1 < len(siblings) else None
                off = (each.first, each.last, DROP)
                if before and may_cross(source, each, before):
                    yield Site(["moved up"], each.first, each.last, [off, (
                        before.first, before.last, lambda ids, inner, text=text:
                            f"if ({on(ids[0])}) {{ {text} }} {inner}")])
                if after and may_cross(source, each, after) and not is_write(source, after):
                    yield Site(["moved down"], each.first, each.last, [off, (
                        after.first, after.last, lambda ids, inner, text=text:
                            f"{inner} if ({on(ids[0])}) {{ {text} }}")])


def may_cross(source, each, other):
    if has_jump(other) or not has_effect(source, other):
        return False
    names = source.declared(other) if other.kind == "declaration" else set()
    return not names & set(source.texts(each.first, each.last))


def reads(source, tree):
    """Every read of a count, moved before the read or the change that precedes it."""
    for function in source.functions:
        if function.name.startswith("~"):
            continue  # a destructor runs alone
        for siblings in blocks(function):
            for i, each in enumerate(siblings):
                if source.enclosing(each.first) is not function:
                    continue
                inside = shared_reads(source, tree, each, {"load"})
                if each.kind == "declaration" and len(inside) > 1:
                    yield early(inside[1], each, source)
                elif i > 0 and inside and siblings[i - 1].kind == "declaration":
                    before = siblings[i - 1]
                    uses = set(source.texts(*inside[0])) & source.declared(before)
                    if shared_reads(source, tree, before, ATOMIC) and not uses:
                        yield early(inside[0], before, source)


def early(read, before, source):
    def replaced(ids, text):
        return f"({on(ids[0])} ? early_{ids[0]} : ({text}))"
    expression = source.words(*read)

    def inserted(ids, inner):
        value = f"std::remove_cvref_t<decltype({expression})>"
        return f"const auto early_{ids[0]} = {on(ids[0])} ? ({expression}) : {value}{{}}; {inner}"
    return Site(["read early"], *read, [(before.first, before.last, inserted),
                                        (*read, replaced)])


def shared_reads(source, tree, statement, operations):
    """Tokens [first, last) of the reads of shared counts in a simple statement: calls of functions
    that return one, and of atomics by one of `operations`."""
    first, last = statement.first, statement.last
    if statement.kind == "if":
        first, last = statement.head
    elif statement.kind not in ("declaration", "jump"):
        return []
    if ";" in source.texts(first, last - 1):
        return []
    found = []
    for name, at in source.calls(first, last):
        opens = source.call_opens(at)
        is_atomic = name in operations and source.at(at - 1) in (".", "->")
        is_count = name in tree.readers and source.match[opens] == opens + 1
        if is_atomic or is_count:
            found.append((source.receiver(at), source.match[opens] + 1))
    return found


# ---- clean-ups

def guards(source, _):
    """Every destructor, removed; that of a guard inside a function also on a throw only."""
    for function in source.functions:
        if not function.name.startswith("~") or not function.body:
            continue
        if "abort_with" in source.texts(function.opens, function.closes):
            continue
        body = (function.opens + 1, function.closes)
        if function.outer is None:
            yield Site(["clean-up removed"], function.first, function.opens, [(*body, DROP)])
        else:
            yield Site(
                ["clean-up removed", "clean-up on a throw removed"], function.first,
                function.opens, [(*body, drop(f"!{on('{0}')} && !{NAMESPACE}on_throw({{1}})"))])


def catches(source, _):
    """Every statement of a function that is called on a throw, removed, except its `return`."""
    for function in handlers(source):
        for each in own_statements(source, function):
            if each.kind == "expression":
                yield Site(["clean-up on a throw removed"], each.first, each.last,
                           [(each.first, each.last, DROP)])


def frees(source, _):
    """Every call that destroys or frees, removed."""
    for function in source.functions:
        for each in own_statements(source, function):
            if each.kind == "expression" and leading_call(source, each, FREES.match):
                yield Site(["clean-up removed"], each.first, each.last,
                           [(each.first, each.last, DROP)])


def locks(source, _):
    """Every lock, kept when an exception passes; not where none can pass."""
    for function in source.functions:
        if function.is_noexcept:
            continue
        for each in own_statements(source, function):
            texts = source.texts(each.first, each.last)
            kind = next((t for t in ("lock_guard", "unique_lock") if t in texts), None)
            if each.kind != "declaration" or kind is None:
                continue
            at = each.first + texts.index(kind)
            yield Site(["clean-up on a throw removed"], each.first, each.last, [
                (at - 2, at + 1, lambda ids, text: f"{NAMESPACE}kept_lock"),
                (at + 2, at + 3, lambda ids, text: f"({ids[0]}, ")])


RULES = [edges, barriers, total_order, looks, wakes, signals, moves, reads, guards, catches, frees,
         locks]
