// SPDX-License-Identifier: BSL-1.0
// The scripts with which shells complete the words of conq.
#ifndef CONQ_CLI_COMPLETIONS_SCRIPTS_HPP
#define CONQ_CLI_COMPLETIONS_SCRIPTS_HPP

namespace conq::cli {

extern const char* const bash_completions;
extern const char* const zsh_completions;
extern const char* const fish_completions;

}  // namespace conq::cli

#endif
