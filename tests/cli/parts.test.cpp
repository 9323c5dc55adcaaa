// SPDX-License-Identifier: BSL-1.0
// Parts of the command that have rules of their own.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "cli/byte_budget.hpp"
#include "cli/command_template.hpp"
#include "cli/outcome.hpp"
#include "cli/progress.hpp"
#include "cli/spool.hpp"
#include "cli/verbs.hpp"
#include "cli/word_list.hpp"
#include "conq/jobs.hpp"
#include "src/jobs/place.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/support/thread_state.hpp"

namespace conq::cli {
namespace {

word_list words_of(const std::vector<std::string>& all) {
    word_list words;
    for (const std::string& each : all) words.add(each);
    return words;
}

// The bytes that the kernel counts: each word with its NUL and pointer, and the last pointer.
std::size_t counted(const word_list& words) {
    std::size_t bytes = sizeof(char*);
    for (std::size_t i = 0; i < words.size(); ++i) bytes += words[i].size() + 1 + sizeof(char*);
    return bytes;
}

TEST(words, keep_any_bytes_and_end_as_execve_wants) {
    word_list words = words_of({"", std::string("a\0b", 3), "\xff"});
    ASSERT_EQ(words.size(), 3u);
    EXPECT_EQ(words[0], "");
    EXPECT_EQ(words[1], std::string_view("a\0b", 3));
    EXPECT_EQ(words[2], "\xff");
    const std::vector<char*> pointers = words.pointers();
    ASSERT_EQ(pointers.size(), 4u);
    EXPECT_STREQ(pointers[2], "\xff");
    EXPECT_EQ(pointers[3], nullptr);
}

TEST(command_template, counts_at_least_what_it_fills_in) {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"x"}, {"x", "{}"}, {"x", "a{}b{}", "y", "{}"}, {"{}{}{}"}}) {
        for (const std::string item : {"", "1", "12", "123", "longer"}) {
            const command_template command(words, "{}", true);
            const std::size_t said = command.fixed_bytes() + 3 * command.bytes_of(item.size());
            const std::size_t is = counted(command.filled(words_of({item, item, item}), {}));
            EXPECT_GE(said, is) << words.back() << ' ' << item;
            EXPECT_TRUE(item.size() < 2 || said == is) << words.back() << ' ' << item;
        }
    }
}

TEST(command_template, counts_no_less_with_the_other_placeholders) {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"x", "{.}{/}{//}{/.}"}, {"x{#}", "{%}"}, {"{//}", "{}{#}"}}) {
        for (const std::string item : {"", "/", "a/b.c", "longer.than/others/./."}) {
            const command_template command(words, "{}", true);
            const std::size_t said = command.fixed_bytes() + 2 * command.bytes_of(item.size());
            const job_numbers highest{~0ull, ~0ull};
            EXPECT_GE(said, counted(command.filled(words_of({item, item}), highest))) << item;
        }
    }
}

TEST(command_template, fills_in_what_is_made_of_the_item) {
    const auto filled = [](const char* item) {
        const command_template command({"{.}", "{/}", "{//}", "{/.}"}, "{}", true);
        const word_list made = command.filled(words_of({item}), {});
        std::vector<std::string> all;
        for (std::size_t i = 0; i < made.size(); ++i) all.emplace_back(made[i]);
        return all;
    };
    using words = std::vector<std::string>;
    EXPECT_EQ(filled("a/b.c.d"), (words{"a/b.c", "b.c.d", "a", "b.c"}));
    EXPECT_EQ(filled("a.b/c"), (words{"a.b/c", "c", "a.b", "c"}));
    EXPECT_EQ(filled("name"), (words{"name", "name", ".", "name"}));
    EXPECT_EQ(filled("/name"), (words{"/name", "name", "/", "name"}));
    EXPECT_EQ(filled("a//b/"), (words{"a//b/", "", "a", ""}));
    EXPECT_EQ(filled("a//b"), (words{"a//b", "b", "a", "b"}));
    EXPECT_EQ(filled("a/.b"), (words{"a/", ".b", "a", ""}));
    EXPECT_EQ(filled("/"), (words{"/", "", "/", ""}));
    EXPECT_EQ(filled(""), (words{"", "", ".", ""}));
}

TEST(byte_budget, a_piece_waits_until_there_is_room) {
    byte_budget budget(10);
    byte_budget::charge first = budget.take(6);
    const byte_budget::charge second = budget.take(4);
    test::watched_thread other([&] { const byte_budget::charge third = budget.take(5); });
    other.wait_until_asleep();
    EXPECT_FALSE(other.has_ended());
    first.end();
    other.join();
}

TEST(byte_budget, a_piece_larger_than_all_has_it_for_itself) {
    byte_budget budget(10);
    byte_budget::charge moved;
    {
        byte_budget::charge large = budget.take(1'000);
        moved = std::move(large);
    }
    test::watched_thread other([&] { const auto next = budget.take(1); });
    other.wait_until_asleep();
    EXPECT_FALSE(other.has_ended());
    moved.end();
    other.join();
}

TEST(spool, gives_back_what_was_stored_and_begins_anew_when_empty) {
    std::string complaint;
    spool file([&](const std::string& why) { complaint = why; });
    std::vector<extent> one, other;
    ASSERT_TRUE(file.append("abc", 3, one)) << complaint;
    ASSERT_TRUE(file.append("de", 2, one));
    ASSERT_TRUE(file.append("XY", 2, other));
    ASSERT_TRUE(file.append("f", 1, one));
    ASSERT_EQ(one.size(), 2u);  // abc and de lie side by side
    std::string text(10, ' ');
    EXPECT_EQ(file.read(one[0], 1, text.data(), text.size()), 4u);
    EXPECT_EQ(text.substr(0, 4), "bcde");
    EXPECT_EQ(file.read(one[1], 0, text.data(), text.size()), 1u);
    for (const extent& each : one) file.release(each);
    EXPECT_EQ(file.read(other[0], 0, text.data(), text.size()), 2u);
    EXPECT_EQ(text.substr(0, 2), "XY");
    file.release(other[0]);
    std::vector<extent> anew;
    ASSERT_TRUE(file.append("g", 1, anew));
    EXPECT_EQ(anew[0].at, 0);
    EXPECT_EQ(complaint, "");
}

TEST(tally, answers_the_first_code_that_applies) {
    tally all;
    EXPECT_EQ(all.exit_code(), 0);
    all.add({});
    EXPECT_EQ(all.exit_code(), 0);
    all.add({outcome::kind::died, 9});
    EXPECT_EQ(all.exit_code(), 125);
    all.add({outcome::kind::failed, 255});
    EXPECT_EQ(all.exit_code(), 123);
    all.add({outcome::kind::cannot_run});
    EXPECT_EQ(all.exit_code(), 126);
    all.add({outcome::kind::not_found});
    EXPECT_EQ(all.exit_code(), 127);
    all.set_interrupted(130);
    EXPECT_EQ(all.exit_code(), 130);
    all.set_interrupted(143);
    EXPECT_EQ(all.exit_code(), 143);
    all.add_own_error();
    EXPECT_EQ(all.exit_code(), 1);
    EXPECT_EQ(all.ended(), 5u);
    EXPECT_EQ(all.failed(), 4u);
}

TEST(progress, says_what_is_known) {
    progress now{.elapsed_s = 10, .ended = 20, .failed = 1, .running = 2};
    EXPECT_EQ(progress_line(now), "20 done, 1 failed, 2 running, 2.0/s, more to read");
    now.bytes_all = 1'000;
    EXPECT_EQ(progress_line(now), "20 done, 1 failed, 2 running, 2.0/s");
    now.bytes = 250;
    EXPECT_EQ(progress_line(now), "20 done, 1 failed, 2 running, 2.0/s, 25 %, 30 s left");
    now.bytes_all = 4'000;
    EXPECT_EQ(progress_line(now), "20 done, 1 failed, 2 running, 2.0/s, 6 %, 2 min 30 s left");
    now.bytes_all = 250'000;
    EXPECT_EQ(progress_line(now), "20 done, 1 failed, 2 running, 2.0/s, 0 %, 2 h 46 min left");
}

TEST(progress, a_long_run_without_a_queue_is_told_how_it_could_be_resumed) {
    EXPECT_EQ(resume_hint(59, false), "");
    EXPECT_NE(resume_hint(61, false).find("-q FILE"), std::string::npos);
    EXPECT_EQ(resume_hint(1000, true), "");
}

TEST(doctor, says_if_the_file_lies_on_what_may_reach_other_machines) {
    const ::folder place;
    const std::string path = place / "q";
    static_cast<void>(job_queue(path).put("a"));
    for (const std::uint32_t type : {0x65735546U, 0U}) {
        static std::uint32_t answer;
        answer = type;
        jobs::set_place_probe([](const std::string&) { return answer; });
        ::testing::internal::CaptureStdout();
        EXPECT_EQ(doctor_main({"-q", path}), 0);
        std::fflush(stdout);
        const std::string said = ::testing::internal::GetCapturedStdout();
        EXPECT_EQ(said.find("it lies on FUSE") != std::string::npos, type != 0) << said;
    }
    jobs::set_place_probe([](const std::string&) -> std::uint32_t { return 0x6969; });
    EXPECT_THROW(doctor_main({"-q", path}), store_error);
    jobs::set_place_probe(nullptr);
}

}  // namespace
}  // namespace conq::cli
