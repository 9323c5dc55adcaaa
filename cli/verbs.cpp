// SPDX-License-Identifier: BSL-1.0
#include "cli/verbs.hpp"

namespace conq::cli {

const std::vector<verb>& verbs() {
    static const std::vector<verb> all{
        {"put", "add items to a queue", put_main},
        {"work", "run a command for each item in a queue", work_main},
        {"get", "take an item, or run a command for it", get_main},
        {"done", "report that an item is done", done_main},
        {"fail", "report that an item failed", fail_main},
        {"extend", "extend a lease", extend_main},
        {"release", "hand an item back", release_main},
        {"join", "wait until no item is unfinished", join_main},
        {"ls", "show counts, running and failed jobs", ls_main},
        {"out", "print what a job has written", out_main},
        {"retry", "run failed jobs again", retry_main},
        {"cancel", "cancel jobs that nobody has begun", cancel_main},
        {"drop", "remove finished jobs", drop_main},
        {"pause", "hand no items out", pause_main},
        {"resume", "hand items out again", resume_main},
        {"shutdown", "accept no more items", shutdown_main},
        {"reopen", "accept items again", reopen_main},
        {"doctor", "check the file, and who has it open", doctor_main},
        {"completions", "print a completion script for a shell", completions_main},
    };
    return all;
}

}  // namespace conq::cli
