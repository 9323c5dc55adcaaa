// SPDX-License-Identifier: BSL-1.0
#include "src/jobs/process_mark.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace conq::jobs {
namespace {

// The PID namespace of this process: the number in "pid:[4026531836]".
std::string pid_namespace() {
    std::error_code failed;
    const std::string name = std::filesystem::read_symlink("/proc/self/ns/pid", failed).string();
    const std::size_t begin = name.find('[') + 1;
    return failed ? "" : name.substr(begin, name.find(']') - begin);
}

}  // namespace

std::string process_mark(pid_t number) {
    std::ifstream in("/proc/" + std::to_string(number) + "/stat", std::ios::binary);
    const std::string stat{std::istreambuf_iterator<char>(in), {}};
    std::size_t at = stat.rfind(')');  // the name before it may hold anything
    for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
    if (at == std::string::npos || stat[stat.rfind(')') + 2] == 'Z') return {};
    const std::string begin = stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
    return std::to_string(number) + '.' + begin + '.' + pid_namespace();
}

bool has_ended(std::string_view mark) {
    if (mark.substr(mark.rfind('.') + 1) != pid_namespace()) return false;
    pid_t number = 0;
    std::from_chars(mark.data(), mark.data() + mark.size(), number);
    return process_mark(number) != mark;
}

}  // namespace conq::jobs
