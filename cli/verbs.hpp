// SPDX-License-Identifier: BSL-1.0
// The verbs that work on a queue: the calls of job_queue from a shell.
#ifndef CONQ_CLI_VERBS_HPP
#define CONQ_CLI_VERBS_HPP

#include <string>
#include <vector>

namespace conq::cli {

/// A verb. `main` takes the words after the verb, carries the verb out and returns the exit code;
/// it throws usage_error, own_error, store_error.
struct verb {
    const char* name;
    const char* about;
    int (*main)(const std::vector<std::string>& words);
};

/// These put items into a queue, and take them out.
int put_main(const std::vector<std::string>& words);
int get_main(const std::vector<std::string>& words);
int work_main(const std::vector<std::string>& words);
/// These end or extend a lease of conq get.
int done_main(const std::vector<std::string>& words);
int fail_main(const std::vector<std::string>& words);
int extend_main(const std::vector<std::string>& words);
int release_main(const std::vector<std::string>& words);
/// These wait for a queue, or look at it.
int join_main(const std::vector<std::string>& words);
int ls_main(const std::vector<std::string>& words);
int out_main(const std::vector<std::string>& words);
int doctor_main(const std::vector<std::string>& words);
/// These change what becomes of jobs, and of the queue.
int retry_main(const std::vector<std::string>& words);
int cancel_main(const std::vector<std::string>& words);
int drop_main(const std::vector<std::string>& words);
int pause_main(const std::vector<std::string>& words);
int resume_main(const std::vector<std::string>& words);
int shutdown_main(const std::vector<std::string>& words);
int reopen_main(const std::vector<std::string>& words);

/// Prints scripts for shells; takes no -q.
int completions_main(const std::vector<std::string>& words);

/// All verbs, in the order in which the help lists them.
const std::vector<verb>& verbs();

}  // namespace conq::cli

#endif
