// SPDX-License-Identifier: BSL-1.0
// The verbs that work on a queue: the calls of job_queue from a shell.
#ifndef CONQ_CLI_VERBS_HPP
#define CONQ_CLI_VERBS_HPP

#include <string>
#include <vector>

namespace conq::cli {

/// A verb: `main` takes the words after it, does it, and answers the exit code. Throws usage_error,
/// own_error, store_error.
struct verb {
    const char* name;
    const char* about;
    int (*main)(const std::vector<std::string>& words);
};

/// Items into a queue, and out of it.
int put_main(const std::vector<std::string>& words);
int get_main(const std::vector<std::string>& words);
int work_main(const std::vector<std::string>& words);
/// Ends of a lease that get has given.
int done_main(const std::vector<std::string>& words);
int fail_main(const std::vector<std::string>& words);
int extend_main(const std::vector<std::string>& words);
int release_main(const std::vector<std::string>& words);
/// Looking at a queue.
int join_main(const std::vector<std::string>& words);
int ls_main(const std::vector<std::string>& words);
int out_main(const std::vector<std::string>& words);
int doctor_main(const std::vector<std::string>& words);
/// What becomes of jobs, and of the queue.
int retry_main(const std::vector<std::string>& words);
int cancel_main(const std::vector<std::string>& words);
int drop_main(const std::vector<std::string>& words);
int pause_main(const std::vector<std::string>& words);
int resume_main(const std::vector<std::string>& words);
int shutdown_main(const std::vector<std::string>& words);
int reopen_main(const std::vector<std::string>& words);

/// For shells; it takes no -q.
int completions_main(const std::vector<std::string>& words);

/// All of them, in the order of help.
const std::vector<verb>& verbs();

}  // namespace conq::cli

#endif
