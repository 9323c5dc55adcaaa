# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# Completes the words of conq in bash. It asks conq itself for verbs and options, so that they are
# those of the conq that runs.
_conq() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]}
    local names value _ at=2 takes=' ' all=''
    COMPREPLY=()
    if ((COMP_CWORD == 1)) || { ((COMP_CWORD == 2)) && [[ $verb == help ]]; }; then
        mapfile -t COMPREPLY < <(compgen -W "$(conq completions verbs | cut -f1)" -- "$word")
        return
    fi
    while IFS='|' read -r names value _; do
        all+=" $names"
        [[ $value ]] && takes+="$names "
    done < <(conq "$verb" --options 2> /dev/null | tr '\t' '|')
    while ((at < COMP_CWORD)) && [[ ${COMP_WORDS[at]} == -?* ]]; do # skip the options given
        [[ $takes == *" ${COMP_WORDS[at]} "* ]] && at=$((at + 1))
        at=$((at + 1))
    done
    if ((at == COMP_CWORD)) && [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$all" -- "$word")
    elif [[ $before == -- ]] || { ((at == COMP_CWORD)) && [[ $verb == @(run|work) ]]; }; then
        mapfile -t COMPREPLY < <(compgen -c -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _conq conq
