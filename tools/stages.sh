# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# For check and quickstart. Runs stages, prints a line for each, keeps the output to show it if a
# stage fails, and counts the tests. The caller may read stages_failed, tests_passed, tests_failed
# and the files $stage_logs/skipped (the names of skipped tests), $stage_logs/results (a line for
# each program) and $stage_logs/seconds (a suite and its seconds in each line). The name of every
# stage that ran is appended to the file that CONQ_STAGES names.

stage_logs=$(mktemp -d)
trap 'rm -rf "$stage_logs"' EXIT
touch "$stage_logs/skipped" "$stage_logs/results" "$stage_logs/seconds"
stages_ran=${CONQ_STAGES:-}
unset CONQ_STAGES # tests of this file run stages, too
stages_failed=0
tests_passed=0
tests_failed=0

# stage NAME COMMAND...: runs the command and prints a line with the time; on failure also its
# output.
stage() {
    local name=$1 log="$stage_logs/stage" begin=$SECONDS code=0 passed counts=
    shift
    printf '%-46s' "$name"
    "$@" > "$log" 2>&1 < /dev/null || code=$?
    [[ -n "$stages_ran" ]] && echo "$name" >> "$stages_ran"
    passed=$(passed_in "$log")
    tests_passed=$((tests_passed + passed))
    skipped_in "$log" >> "$stage_logs/skipped"
    results_in "$log" >> "$stage_logs/results"
    seconds_in "$log" >> "$stage_logs/seconds"
    if [[ $code -eq 0 ]]; then
        [[ $passed -gt 0 ]] && counts="  $passed tests"
        printf 'ok    %4d s%s\n' $((SECONDS - begin)) "$counts"
        return 0
    fi
    stages_failed=$((stages_failed + 1))
    tests_failed=$((tests_failed + $(failed_in "$log")))
    printf 'FAILED %3d s\n' $((SECONDS - begin))
    explain "$log"
    return 1
}

# How many tests passed: the sum over the test programs, as googletest and pytest count them.
# ctest -V puts the number of the test before each line; a line without one is a repetition.
passed_in() {
    sed -n -e 's/^[0-9]*: \[  PASSED  \] \([0-9]*\) tests*\..*$/\1/p' \
        -e 's/^[0-9]*: \([0-9]* failed, \)*\([0-9]*\) passed.* in [0-9.]*s.*$/\2/p' "$1" | sum
}

# How many tests failed. A program that died without a count, or a stage without tests, counts as 1.
failed_in() {
    local failed
    failed=$(sed -n -e 's/^[0-9]*:  *\([0-9]*\) FAILED TESTS*$/\1/p' \
        -e 's/^[0-9]*: \([0-9]*\) failed.* in [0-9.]*s.*$/\1/p' "$1" | sum)
    echo $((failed > 0 ? failed : 1))
}

# Prints the output of the tests that failed under ctest -V, or the end of a log without any.
explain() {
    local number numbers
    numbers=$(sed -n 's/^ *[0-9]*\/[0-9]* Test *#\([0-9]*\): .*\*\*\*.*$/\1/p' "$1")
    for number in $numbers; do
        grep "^$number: " "$1" | tail -n 80 || true
    done
    if [[ -z "$numbers" ]]; then
        tail -n 60 "$1"
    else
        sed -n '/^The following tests/,$p' "$1"
    fi
}

# The names of skipped tests, as googletest, pytest (-rs) and ctest print them.
skipped_in() {
    sed -n -e 's/^\([0-9]*: \)*\[  SKIPPED \] \([^ ,]*\.[^ ,]*\).*$/\2/p' \
        -e 's/^\([0-9]*: \)*SKIPPED \[[0-9]*\] \(.*\)$/\2/p' \
        -e 's/^.*Test *#[0-9]*: \([^ ]*\) .*\*\*\*\(Skipped\|Not Run\).*$/\1/p' "$1" | sort -u
}

# ctest's own line for each test program, and its closing line.
results_in() {
    grep -E '^ *[0-9]+/[0-9]+ Test +#[0-9]+:|tests passed, [0-9]+ tests? failed' "$1" || true
}

# The seconds of each suite, as ctest sums them by label.
seconds_in() {
    sed -n 's/^\([a-z_]*\) *= *\([0-9.]*\) sec\*proc.*$/\1 \2/p' "$1"
}

# shares LABEL...: prints the time of each suite, and the sum of the named ones.
shares() {
    echo "Seconds of tests, by suite:"
    awk -v named="$*" '{ sum[$1] += $2; if (index(" " named " ", " " $1 " ")) of += $2 }
        END { for (each in sum) printf "%10.0f %s\n", sum[each], each | "sort -rn"
              close("sort -rn"); printf "%10.0f in all of %s\n", of, named }' \
        "$stage_logs/seconds"
}

sum() {
    awk '{ sum += $1 } END { print sum + 0 }'
}

# report SECONDS: prints the last lines of every check; fails if a stage failed.
report() {
    if [[ $stages_failed -eq 0 ]]; then
        echo "All stages passed in $1 s."
    else
        echo "$stages_failed stage(s) failed after $1 s."
    fi
    echo "$tests_passed passed, $tests_failed failed"
    [[ $stages_failed -eq 0 ]]
}
