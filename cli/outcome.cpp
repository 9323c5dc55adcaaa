// SPDX-License-Identifier: BSL-1.0
#include "cli/outcome.hpp"

namespace conq::cli {

void tally::add(const outcome& each) noexcept {
    switch (each.how) {
        case outcome::kind::ok:
            ok_.fetch_add(1);
            break;
        case outcome::kind::failed:
            failed_.fetch_add(1);
            break;
        case outcome::kind::died:
            died_.fetch_add(1);
            break;
        case outcome::kind::timed_out:
            timed_out_.fetch_add(1);
            break;
        case outcome::kind::cannot_run:
            cannot_run_.fetch_add(1);
            break;
        case outcome::kind::not_found:
            not_found_.fetch_add(1);
            break;
        case outcome::kind::not_started:
            return;
    }
    ended_.fetch_add(1);
}

int tally::exit_code() const noexcept {
    if (own_errors_.load() != 0) return 1;
    if (const int code = interrupted_.load(); code != 0) return code;
    if (not_found_.load() != 0) return 127;
    if (cannot_run_.load() != 0) return 126;
    if (failed_.load() != 0) return 123;
    if (died_.load() != 0) return 125;
    return timed_out_.load() != 0 ? 124 : 0;
}

}  // namespace conq::cli
