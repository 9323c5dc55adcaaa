#compdef conq
# SPDX-License-Identifier: BSL-1.0
# Completes the words of conq in zsh. It asks conq itself for verbs and options, so that they are
# those of the conq that runs.
_conq() {
    local -a lines options takes parts
    local line name at=3
    if ((CURRENT == 2)) || { ((CURRENT == 3)) && [[ $words[2] == help ]] }; then
        lines=(${(f)"$(conq completions verbs)"})
        lines=(${lines//$'\t'/:})
        _describe verb lines
        return
    fi
    for line in ${(f)"$(conq $words[2] --options 2> /dev/null)"}; do
        parts=("${(@ps:\t:)line}")
        for name in ${(s: :)parts[1]}; do
            options+=("$name:${parts[3]//:/\\:}")
            [[ -n $parts[2] ]] && takes+=($name)
        done
    done
    while ((at < CURRENT)) && [[ $words[at] == -?* ]]; do # skip the options given
        ((${takes[(Ie)$words[at]]})) && ((at += 1))
        ((at += 1))
    done
    if ((at == CURRENT)) && [[ $words[CURRENT] == -* ]]; then
        _describe -o option options
    elif [[ $words[CURRENT-1] == -- ]] || { ((at == CURRENT)) && [[ $words[2] == (run|work) ]] }; then
        _command_names -e
    else
        _files
    fi
}
if [[ $funcstack[1] == _conq ]]; then _conq "$@"; else compdef _conq conq; fi
