// SPDX-License-Identifier: BSL-1.0
// A name for a process that no other one ever has, until the next boot.
#ifndef CONQ_SRC_JOBS_PROCESS_MARK_HPP
#define CONQ_SRC_JOBS_PROCESS_MARK_HPP

#include <sys/types.h>

#include <string>
#include <string_view>

namespace conq::jobs {

/// "NUMBER.BEGIN.NAMESPACE": the number, when it began, and the namespace that the number is of.
/// Empty if there is no such process, or it has ended. Any thread.
std::string process_mark(pid_t number);

/// Whether that process has ended. False for those of other namespaces, which we cannot see.
bool has_ended(std::string_view mark);

}  // namespace conq::jobs

#endif
