# SPDX-License-Identifier: BSL-1.0
# Completes the words of conq in fish. It asks conq itself for verbs and options, so that they are
# those of the conq that runs.
function __conq_options
    set -l words (commandline -opc)
    conq $words[2] --options 2>/dev/null | while read -l -d \t names value about
        for name in (string split ' ' -- $names)
            printf '%s\t%s\n' $name $about
        end
    end
end
function __conq_is_at_verb
    set -l words (commandline -opc)
    test (count $words) -eq 1; or test "$words[2..]" = help
end
complete -c conq -n __conq_is_at_verb -f -a '(conq completions verbs)'
complete -c conq -n 'not __conq_is_at_verb; and string match -q -- "-*" (commandline -ct)' \
    -f -a '(__conq_options)'
