# SPDX-License-Identifier: BSL-1.0
"""Where the standard library has no std::stop_token, the forms with one vanish; all else runs."""
import pytest
from support import CXX, SOURCE, STRICT, need, run

PROGRAM = """
#include <conq/conq.hpp>
#ifdef __cpp_lib_jthread
#error "this library has stop tokens"
#endif
#include <atomic>
#include <chrono>
#include <string>

template <class Queue> static bool works(Queue& q) {
    std::atomic<int> sum{0};
    {
        conq::workers pool(q, 2, [&](std::string& item) { sum += static_cast<int>(item.size()); });
        for (int i = 0; i < 10; ++i) q.put(std::string("abc"));
        pool.join();
    }  // stops them: they wait in take
    const auto past = std::chrono::nanoseconds(1);
    return sum == 30 && q.get_for(past).state() == conq::status::timed_out &&
           q.join_for(past) == conq::status::ok;
}

// A worker's function sees the stop by the token that it is given.
static bool stops_function() {
    conq::queue<int> q;
    q.put(1);
    std::atomic<int> ended{0};
    {
        conq::workers pool(q, 1, [&](int&, auto stop) {
            while (!stop.stop_requested()) std::this_thread::yield();
            ++ended;
        });
        while (pool.busy() == 0) std::this_thread::yield();
    }
    return ended == 1;
}

// What the library's own source promises, as std::stop_source would.
static bool callbacks_are_called_once() {
    struct count_up {
        int* counter;
        void operator()() const noexcept { ++*counter; }
    };
    using source = conq::platform::native::stop_source;
    source asked;
    auto token = asked.get_token();
    using callback = conq::platform::stop_callback_t<decltype(token), count_up>;
    int before = 0, ended = 0, after = 0;
    const callback first(token, count_up{&before});
    { const callback gone(token, count_up{&ended}); }
    const callback second(token, count_up{&before});
    if (token.stop_requested() || !asked.request_stop() || asked.request_stop()) return false;
    const callback late(token, count_up{&after});
    return token.stop_requested() && before == 2 && ended == 0 && after == 1;
}

int main() {
    conq::bounded_queue<std::string> ring(3);
    conq::queue<std::string> segments;
    conq::locked_queue<std::string> locked(2);
    return works(ring) && works(segments) && works(locked) && stops_function() &&
           callbacks_are_called_once() ? 0 : 1;
}
"""
# As a library without them: what conq looks at is the macro.
HIDDEN = "#include <stop_token>\n#include <thread>\n#undef __cpp_lib_jthread\n"


def build_and_run(folder, compiler, text, *flags):
    (folder / "main.cpp").write_text(text)
    run(compiler, *STRICT, *flags, "-pthread", "-I", SOURCE / "include", folder / "main.cpp", "-o",
        folder / "program")
    run(folder / "program", timeout=60)


def test_without_the_feature_macro_all_else_runs(tmp_path):
    build_and_run(tmp_path, CXX, HIDDEN + PROGRAM)


def test_on_a_library_without_stop_tokens_all_else_runs(tmp_path):
    """libc++ 19 has them behind -fexperimental-library only."""
    need("clang++-19")
    (tmp_path / "probe.cpp").write_text("#include <version>\n")
    try:
        run("clang++-19", "-stdlib=libc++", "-fsyntax-only", tmp_path / "probe.cpp")
    except AssertionError:
        need("libc++-19-dev")  # no tool: says that it is missing
    build_and_run(tmp_path, "clang++-19", PROGRAM, "-stdlib=libc++")


def test_canary_a_library_with_stop_tokens_is_noticed(tmp_path):
    with pytest.raises(AssertionError, match="this library has stop tokens"):
        build_and_run(tmp_path, CXX, PROGRAM)
