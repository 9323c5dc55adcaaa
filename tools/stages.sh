# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# For check and quickstart: runs stages, a line each, and keeps what they said for the case that one
# fails.

stage_logs=$(mktemp -d)
trap 'rm -rf "$stage_logs"' EXIT
stages_failed=0
tests_passed=0
tests_failed=0

# stage NAME COMMAND...: runs it, prints a line with the time; on failure also what it said.
stage() {
    local name=$1 log begin took counts
    shift
    log="$stage_logs/stage"
    begin=$SECONDS
    printf '%-46s' "$name"
    if "$@" > "$log" 2>&1 < /dev/null; then
        took=$((SECONDS - begin))
        counts=$(count_tests "$log")
        printf 'ok    %4d s  %s\n' "$took" "$counts"
    else
        took=$((SECONDS - begin))
        count_tests "$log" > /dev/null
        printf 'FAILED %3d s\n' "$took"
        tail -n 60 "$log"
        stages_failed=$((stages_failed + 1))
        return 1
    fi
    tests_passed=$((tests_passed + $(passed_in "$log")))
}

# The closing line of ctest, shortened: "98 tests".
count_tests() {
    local failed total
    total=$(sed -n 's/^.*tests passed, \([0-9]*\) tests* failed out of \([0-9]*\).*$/\2/p' "$1")
    failed=$(sed -n 's/^.*tests passed, \([0-9]*\) tests* failed out of .*$/\1/p' "$1")
    [[ -z "$total" ]] && return 0
    tests_failed=$((tests_failed + failed))
    echo "$(passed_in "$1") tests"
}

# Tests that passed: those of each test program, as googletest and pytest count them.
passed_in() {
    sed -n -e 's/^.*\[  PASSED  \] \([0-9]*\) tests*\..*$/\1/p' \
        -e 's/^.*[^0-9]\([0-9][0-9]*\) passed.*$/\1/p' "$1" |
        awk '{ sum += $1 } END { print sum + 0 }'
}
