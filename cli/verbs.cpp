// SPDX-License-Identifier: BSL-1.0
#include "cli/verbs.hpp"

namespace conq::cli {

const std::vector<verb>& verbs() {
    static const std::vector<verb> all{
        {"put", "add items", put_main},
        {"work", "run the queue's command on what is in it", work_main},
        {"get", "take an item, or hold it while a command runs", get_main},
        {"done", "the item of a token has been processed", done_main},
        {"fail", "it could not be", fail_main},
        {"extend", "more time for it", extend_main},
        {"release", "hand it back", release_main},
        {"join", "wait until nothing is unfinished", join_main},
        {"ls", "counts, running and failed jobs", ls_main},
        {"out", "what a job has written", out_main},
        {"retry", "run failed jobs again", retry_main},
        {"cancel", "finish jobs that nobody has begun", cancel_main},
        {"drop", "forget finished jobs", drop_main},
        {"pause", "hand nothing out", pause_main},
        {"resume", "hand out again", resume_main},
        {"shutdown", "take no more items", shutdown_main},
        {"reopen", "take items again", reopen_main},
        {"doctor", "check the file, and who has it open", doctor_main},
        {"completions", "how a shell completes words of conq", completions_main},
    };
    return all;
}

}  // namespace conq::cli
