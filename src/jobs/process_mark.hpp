// SPDX-License-Identifier: BSL-1.0
// A name for a process, which no other process has until the next boot.
#ifndef CONQ_SRC_JOBS_PROCESS_MARK_HPP
#define CONQ_SRC_JOBS_PROCESS_MARK_HPP

#include <sys/types.h>

#include <string>
#include <string_view>

namespace conq::jobs {

/// "NUMBER.BEGIN.NAMESPACE": the process's number, when it began, and the PID namespace of the
/// number. Empty if there is no such process, or it has ended. Threads: any.
std::string process_mark(pid_t number);

/// Whether the process with this mark has ended. False for processes of other namespaces, which
/// this one cannot see.
bool has_ended(std::string_view mark);

}  // namespace conq::jobs

#endif
