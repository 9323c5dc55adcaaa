// SPDX-License-Identifier: BSL-1.0
#include "cli/job_record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace conq::cli {
namespace {

using json = nlohmann::ordered_json;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::string_view bytes) {
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t bits = 0;
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            out += i <= count ? digits[bits >> (18 - 6 * i) & 63] : '=';
        }
    }
    return out;
}

std::string from_base64(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    int known = 0;
    for (const char each : text) {
        const std::size_t digit = digits.find(each);
        if (digit == std::string_view::npos) break;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        known += 6;
        if (known < 8) continue;
        known -= 8;
        out += static_cast<char>(bits >> known & 255);
    }
    return out;
}

bool is_text(const std::string& bytes) {
    const auto is_ascii = [](char each) { return static_cast<unsigned char>(each) < 0x80; };
    if (std::all_of(bytes.begin(), bytes.end(), is_ascii)) return true;
    try {
        static_cast<void>(json(bytes).dump());
        return true;
    } catch (const json::type_error&) {  // not UTF-8
        return false;
    }
}

void add(json& to, const std::string& name, const std::string& bytes) {
    if (is_text(bytes)) {
        to[name] = bytes;
    } else {
        to[name + "_b64"] = base64(bytes);
    }
}

void add(json& to, const std::string& name, const output_text& text) {
    add(to, name, text.bytes);
    if (text.all_bytes > text.bytes.size()) to[name + "_bytes"] = text.all_bytes;
}

void add_items(json& to, const word_list& items) {
    if (items.size() == 1) return add(to, "item", std::string(items[0]));
    json texts = json::array(), coded = json::array();
    bool is_all_text = true;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string each(items[i]);
        is_all_text = is_all_text && is_text(each);
        texts.push_back(each);
        coded.push_back(base64(each));
    }
    to[is_all_text ? "item" : "item_b64"] = is_all_text ? std::move(texts) : std::move(coded);
}

std::string taken_out(const json& from, const std::string& name) {
    if (from.contains(name)) return from.at(name).get<std::string>();
    return from_base64(from.at(name + "_b64").get<std::string>());
}

}  // namespace

int job_record::exit_code() const noexcept {
    switch (ended.how) {
        case outcome::kind::died:
            return 0;
        case outcome::kind::timed_out:
            return 124;
        case outcome::kind::cannot_run:
            return 126;
        case outcome::kind::not_found:
            return 127;
        default:
            return ended.detail;
    }
}

int job_record::signal() const noexcept {
    return ended.how == outcome::kind::died ? ended.detail : 0;
}

std::string as_json(const job_record& record, const word_list& items, const output_text& out,
                    const output_text& err) {
    json object;
    object["v"] = 1;
    object["id"] = record.id != 0 ? json(record.id) : json(nullptr);
    object["seq"] = record.sequence;
    add_items(object, items);
    object["exit"] = record.exit_code();
    object["signal"] = record.signal();
    if (!record.ended.message.empty()) add(object, "error", record.ended.message);
    object["tries"] = record.tries;
    object["start_ms"] = duration_cast<milliseconds>(record.begin.time_since_epoch()).count();
    object["duration_ms"] = duration_cast<milliseconds>(record.took).count();
    object["user_ms"] = record.ended.used.user_ms;
    object["system_ms"] = record.ended.used.system_ms;
    object["max_rss_kib"] = record.ended.used.max_rss_kib;
    add(object, "stdout", out);
    add(object, "stderr", err);
    return object.dump();
}

std::optional<recorded_output> output_of_json(const std::string& text) {
    try {
        const json object = json::parse(text);
        return recorded_output{taken_out(object, "stdout"), taken_out(object, "stderr")};
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

std::string with_sequence(const std::string& text, std::uint64_t sequence) {
    json object = json::parse(text);
    object["seq"] = sequence;
    return object.dump();
}

}  // namespace conq::cli
