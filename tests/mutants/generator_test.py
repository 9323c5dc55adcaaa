# SPDX-License-Identifier: BSL-1.0
"""The rules that make mutants: each finds its construct in a planted header, leaves what it must
not touch, and has missed nothing in the library's own headers."""
import os
import pathlib
import re
import sys

import pytest

SOURCE = pathlib.Path(os.environ.get("CONQ_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "testing/mutants"))
import generate  # noqa: E402

TREE = {str(f.relative_to(SOURCE / "include")): f.read_text()
        for f in (SOURCE / "include").rglob("*.hpp")}


@pytest.fixture(scope="module")
def mutants():
    return generate.mutate(TREE)[1]


def planted(text, folder="buffers"):
    name = f"conq/{folder}/planted"
    changed, made = generate.mutate({name: text})
    return changed[name], [(m.rule, m.text) for m in made]


# ---- a planted construct for each rule

EDGE = """
template <class T> class box {
    void fill() noexcept {
        state_.store(1, std::memory_order_release);  // (1) with (2)
    }
    bool look() const noexcept {
        return state_.load(std::memory_order_acquire) == 1;  // (2) with (1)
    }
    bool hint() const noexcept { return state_.load(std::memory_order_relaxed) == 1; }  // (3) hint
};
"""


def test_every_edge_is_weakened_and_hints_are_left():
    text, made = planted(EDGE)
    assert [text for rule, text in made if rule == "edge relaxed"] == [
        "state_.store(1, std::memory_order_release)", "state_.load(std::memory_order_acquire)"]
    assert "state_.load(std::memory_order_relaxed)" in text
    number = 1 + [rule for rule, _ in made].index("edge relaxed")
    assert f"order({number}, std::memory_order_release)" in text


@pytest.mark.parametrize("operation, weak", [
    ("w_.load()", "acquire"), ("w_.store(1)", "release"), ("w_.exchange(1)", "acq_rel"),
    ("w_.compare_exchange_weak(a, b)", "acq_rel"),
    ("w_.compare_exchange_strong(a, b, std::memory_order_seq_cst, std::memory_order_relaxed)",
     "acq_rel"),
])
def test_every_seq_cst_operation_is_weakened_twice(operation, weak):
    text, made = planted(f"void f() {{ x = {operation}; }}")
    assert made[:2] == [("seq_cst to acquire-release", "w_"), ("seq_cst to relaxed", "w_")]
    assert f"order(1, ::conq::testing::order(2, std::memory_order_seq_cst), " \
           f"std::memory_order_{weak})" in text


def test_the_seq_cst_operations_of_a_word_are_weakened_together():
    text, made = planted("""
        void f() { x = put_.word.load() + get_.word.load(); }
        void g() { flag.armed.exchange(1, std::memory_order_seq_cst); put_.word.exchange(2); }
        bool is_armed() const { return armed.load() != 0; }
        ~box() { put_.word.load(); }
    """)
    assert [text for rule, text in made if rule == "seq_cst to relaxed"] == [
        "put_.word", "get_.word", "armed"]
    assert text.count("::order(1, ") == 2  # of `put_.word`, without the destructor


def test_an_exchange_of_the_standard_library_is_no_atomic():
    assert planted("void f() { x = std::exchange(y, 1); load(); }")[1] == []


PARKING = """
template <class Platform> status wait_for(room& here) {
    if (is_done()) return status::ok;
    for (;;) {
        here.enlist(me);
        if (const status answer = try_now(); answer != status::empty) return answer;
        if (!is_listed()) log();
        {
            if (now() >= deadline) {
                count();
                return status::timed_out;
            }
        }
        me.sleep(deadline);
        if (try_now() == status::ok) return status::ok;
    }
}
bool enlist(node& who) {
    if (done_ == puts_) return false;
    push(who);
    return true;
}
void join_peer() {
    while (!peer.is_gone()) Platform::yield();
}
"""


def test_looks_before_a_sleep_are_removed_and_no_others():
    text, made = planted(PARKING)
    assert [text for rule, text in made if rule == "re-check removed"] == [
        "if (const status answer = try_now(); answer != status::empty)",
        "if (now() >= deadline)",
        "if (done_ == puts_)",
        "while (!peer.is_gone()) Platform::yield();",
    ]
    assert "{ if (!::conq::testing::mutant(1)) { if (const status answer" in text


WAKING = """
void after_put() {
    if (is_armed()) [[unlikely]]
        room.wake_one(flag);
    else
        count();
}
void close() {
    after_put();
    room_of_putters_->wake_all();
    while (wake_first()) {
    }
    static_cast<void>(wake_first());
    const auto notify = mark_resumed();
    notify(who);
    changed_.notify_all();
    is_resumed();
}
"""


def test_every_wake_is_dropped_and_halved():
    text, made = planted(WAKING)
    dropped = [text for rule, text in made if rule == "wake dropped"]
    assert dropped == [
        "room.wake_one(flag);", "room_of_putters_->wake_all();", "while (wake_first())",
        "static_cast<void>(wake_first());", "notify(who);", "changed_.notify_all();"]
    assert [text for rule, text in made if rule == "wake halved"] == [
        each for each in dropped if "wake_all" not in each]  # its definition is halved
    assert "{ changed_.notify_one(); } else { changed_.notify_all(); }" in text
    assert re.search(r"\{ if \(.*\) \{ room\.wake_one\(flag\); \} \}\s*else", text)
    assert re.search(r"while \(\(wake_first\(\)\) && !::conq::testing::mutant\(\d+\)\)", text)


def test_a_function_that_does_nothing_but_wake_is_a_wake():
    made = planted("void after() { if (x) { room.wake_one(f); } }\nvoid put() { after(); }")[1]
    assert ("wake dropped", "after();") in made


COUNTING = """
void fill(slot& target) noexcept {
    prefetch(target);
    source(target.bytes);
    target.stamp.store(1, std::memory_order_release);  // (1)
}
void put() {
    const int word = next();
    count_.fetch_add(word);
    items_.emplace_back(source);
}
void guarded() noexcept {
    ++plain_;
    items_.emplace_back(source);
}
void throws() {
    items_.emplace_back(source);
    ++plain_;
}
void early() {
    if (is_full()) return;
    count_.fetch_add(1);
    return;
}
void done() {
    item_ = nothing();
    queue_->end_lease();
}
"""


def test_counts_and_publications_are_moved_across_their_neighbours():
    text, made = planted(COUNTING)
    assert [each for each in made if each[0].startswith("moved")] == [
        ("moved up", "target.stamp.store(1, std::memory_order_release);"),
        ("moved down", "count_.fetch_add(word);"),  # not up: it uses what stands there
        ("moved up", "++plain_;"),                  # only where an exception may come between
        ("moved up", "queue_->end_lease();"),
    ]
    assert re.search(r"if \(::conq::testing::mutant\((\d+)\)\) \{ target\.stamp\.store.*?\} "
                     r"source\(target\.bytes\);.*?!::conq::testing::mutant\(\1\)", text, re.S)


def test_reads_of_two_counts_change_places():
    text, made = planted("""
        std::uint64_t puts() const { return tail_.load(); }
        bool has_items() const { const auto h = head_.load(), t = tail_.load(); return h != t; }
        std::uint64_t size() const { const auto got = head_.load(); return puts() - got; }
        bool uses() const { const auto got = head_.load(); return tail_.load(got); }
    """)
    assert [text for rule, text in made if rule == "read early"] == ["tail_.load()", "puts()"]
    number = 1 + [rule for rule, _ in made].index("read early")
    assert f"(::conq::testing::mutant({number}) ? early_{number} : (tail_.load(" in text


CLEANING = """
class box {
    ~box() { drop(); }
    void run() {
        struct leaving {
            ~leaving() { leave(); }
        } const on_return{};
        const std::lock_guard held(lock_);
        std::unique_lock tried(lock_, std::try_to_lock);
        std::destroy_at(item());
        allocator_traits::deallocate(a, p, 1);
        item_life<T, rebind<A>>::end(a, item());
    }
    void never() noexcept { const std::lock_guard held(lock_); }
#if CONQ_CHECKED
    ~box() { check(); }
#endif
};
class watched { ~watched() { if (x) abort_with("bug"); } };
"""


def test_clean_ups_are_removed_and_assertions_are_left():
    text, made = planted(CLEANING)
    assert made == [
        ("clean-up removed", "~box()"),
        ("clean-up removed", "~leaving()"),
        ("clean-up on a throw removed", "~leaving()"),
        ("clean-up on a throw removed", "const std::lock_guard held(lock_);"),
        ("clean-up on a throw removed", "std::unique_lock tried(lock_, std::try_to_lock);"),
        ("clean-up removed", "std::destroy_at(item());"),
        ("clean-up removed", "allocator_traits::deallocate(a, p, 1);"),
        ("clean-up removed", "item_life<T, rebind<A>>::end(a, item());"),
    ]
    assert "kept_lock tried(5, lock_, std::try_to_lock);" in text
    assert "~watched() { if (x) abort_with" in text


HANDLING = """
void start() {
    const auto make = [&] { add(a, b); };
    platform::call_cleanly(make, [&] { end_threads(); });
    const auto keep = [&](std::exception_ptr why) {
        has_failed_.store(true);
        first = std::move(why);
        return false;
    };
    is_good = platform::call_or([&] { return run(a), true; }, keep);
    count_.fetch_add(1);
}
"""


def test_what_is_called_on_a_throw_is_a_clean_up():
    text, made = planted(HANDLING)
    assert [text for rule, text in made if rule == "clean-up on a throw removed"] == [
        "end_threads();", "has_failed_.store(true);", "first = std::move(why);"]
    assert [text for rule, text in made if rule == "write dropped"] == ["count_.fetch_add(1);"]
    assert re.search(r"\[&\] \{ \{ if \(!::conq::testing::mutant\(\d+\)\) \{ end_threads\(\); \}",
                     text)


def test_canary_a_handler_that_is_nowhere_to_be_seen_is_refused():
    with pytest.raises(ValueError):
        planted("void start(handler_type handler) { call_or([] { run(); }, handler); }")


def test_every_barrier_is_removed():
    made = planted("void f() { if (x) platform_type::heavy_barrier(); buffer_.after_arming(); }")[1]
    assert made == [("barrier removed", "platform_type::heavy_barrier();"),
                    ("barrier removed", "buffer_.after_arming();")]


def test_a_write_whose_answer_nobody_looks_at_is_dropped():
    made = planted("void f() { a_.store(1); b_.fetch_or(2); const auto c = d_.fetch_or(3); }")[1]
    assert [text for rule, text in made if rule == "write dropped"] == [
        "a_.store(1);", "b_.fetch_or(2);"]


def test_what_the_scheduler_replaces_is_left_alone():
    text = "void f() { w_.store(1); }"
    assert planted(text, "platform") == (text, [])
    assert planted("template <class Platform> " + text, "platform")[1] != []


def test_the_same_text_twice_has_two_names():
    made = planted("void f() { a_.store(1); a_.store(1); }")[1]
    assert len(set(made)) == len(made)


# ---- the library's own headers: what a look at their lines shows, the rules have found

def lines_of(pattern):
    """Where a pattern is found outside of comments and of what only debug builds compile."""
    for name, text in TREE.items():
        if generate.is_replaced(name, text):
            continue
        text = re.sub(r"#if CONQ_CHECKED\n.*?#e", lambda found: re.sub(r"[^\n]", " ", found[0]),
                      text, flags=re.DOTALL)
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(pattern, line.partition("//")[0]):
                yield name, number


def spots(mutants, rule):
    return {(m.file, m.line) for m in mutants if m.rule == rule}


def test_no_edge_of_the_ledger_is_without_a_mutant(mutants):
    orders = [f"{name}:{text[at:at + 30]}" for name, text in TREE.items()
              if not generate.is_replaced(name, text)
              for at in (m.start() for m in re.finditer(
                  r"memory_order(_|::)(acquire|release|acq_rel)", text))]
    assert len(orders) >= 25
    assert len(orders) == sum(m.rule == "edge relaxed" for m in mutants)


def test_no_wake_is_without_a_mutant(mutants):
    found = set(lines_of(
        r"^\s*(?!.*\breturn\b)(.*[;)] )?(static_cast<void>\()?([\w*]+(\.|->|::))*"
        r"(wake(_\w+)?|notify(_\w+)?|resume|after_put|after_get)\(.*\);"))
    assert len(found) >= 30
    assert found - spots(mutants, "wake dropped") == set()


def test_no_destructor_is_without_a_mutant(mutants):
    found = {spot for spot in lines_of(r"^\s+~\w+\(\)[^;]*\{")
             if "CONQ_CHECKED" not in TREE[spot[0]].splitlines()[spot[1]]}  # one that asserts only
    assert len(found) >= 6
    assert found - spots(mutants, "clean-up removed") == set()


def test_no_call_that_handles_a_throw_is_without_a_mutant(mutants):
    found = [name for name, _ in lines_of(r"platform::call_(or|cleanly)\(")]
    assert len(found) >= 6
    for name in set(found):
        assert found.count(name) <= sum(
            m.rule == "clean-up on a throw removed" and m.file == name for m in mutants)


def test_no_barrier_is_without_a_mutant(mutants):
    found = set(lines_of(r"(light_barrier|heavy_barrier|after_arming)\(\);"))
    assert len(found) >= 4
    assert found - spots(mutants, "barrier removed") == set()


@pytest.mark.parametrize("rule, where, text", [
    ("re-check removed", "composition::sleep", "try_now()"),
    ("re-check removed", "composition::sleep", "if (stopped)"),
    ("re-check removed", "task_count::enlist", "done == puts()"),
    ("re-check removed", "futex_lock::lock_slow", "was == free"),
    ("re-check removed", "basic_locked_queue::wait_for", "call()"),
    ("seq_cst to acquire-release", "wake_flag::is_armed", "armed"),
    ("seq_cst to acquire-release", "guessed_word::claim", "word"),
    ("wake dropped", "composition::leave", "wake_one"),
    ("wake halved", "waiting_room::wake_all", "while (wake_first(called_))"),
    ("write dropped", "waiting_room::leave", "wake.armed.exchange(1)"),
    ("moved up", "ring::fill", "target.stamp.store"),
    ("moved up", "locked_buffer::put_locked", "put_.word.fetch_add(one)"),
    ("moved up", "lease::done", "end_lease()"),
    ("read early", "task_count::enlist", "puts()"),
    ("clean-up on a throw removed", "composition::sleep", "~leaving()"),
    ("clean-up on a throw removed", "join_tasks", "~leaving()"),
    ("clean-up on a throw removed", "workers::workers", "end_threads()"),
    ("clean-up on a throw removed", "workers::run_one", "sleep("),
    ("clean-up on a throw removed", "slot::operator()", "how.failure ="),
    ("barrier removed", "spsc_ring::after_arming", "heavy_barrier()"),
    ("clean-up on a throw removed", "task_count::done_last", "lock_guard"),
    ("clean-up removed", "segments::make_room", "free_all(made)"),
])
def test_known_sites_have_their_mutants(mutants, rule, where, text):
    assert [m for m in mutants if m.rule == rule and m.where == where and text in m.text]


def test_names_are_different_and_numbers_fit_the_switch(mutants):
    assert len({m.key() for m in mutants}) == len(mutants)
    most = re.search(r"most = ([\d']+);", (SOURCE / "testing/mutants/switch.hpp").read_text())
    assert mutants[-1].number < int(most[1].replace("'", ""))


# ---- the written reasons

def made(rule="wake dropped", text="notify(*who);"):
    return generate.Mutant(1, rule, "conq/a", 3, "room::wake", text)


def test_a_reason_is_given_to_the_mutants_that_its_entry_names():
    mutants = [made(), made("wake halved"), made(text="resume();")]
    entries = generate.read_reasons(
        "# a comment\nwake * | conq/a | room::* | notify(*who);\n    it sleeps\n    no more\n")
    assert generate.give_reasons(mutants, entries) == []
    assert [m.reason for m in mutants] == ["it sleeps no more", "it sleeps no more", ""]


@pytest.mark.parametrize("text", [
    "wake dropped | conq/b | room::wake | notify(*who);\n    why\n",  # matches none
    "wake dropped | conq/a | room::wake | notify(*who);\n",           # says nothing
])
def test_canary_an_idle_reason_is_refused(text):
    assert generate.give_reasons([made()], generate.read_reasons(text)) != []


def test_canary_a_broken_entry_is_refused():
    with pytest.raises(ValueError):
        generate.read_reasons("wake dropped | conq/a\n    why\n")
