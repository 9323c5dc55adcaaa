#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# install.sh GROUP...: installs the missing packages of these groups of packages.txt. Lists them
# first. If it may not install, it lists them and exits with 2. X.Y in a name stands for the version
# of python3.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

python_version() {
    { dpkg-query -W -f '${Version}\n' python3 ||
        apt-cache show python3 | sed -n 's/^Version: //p'; } 2> /dev/null |
        sed -n '1s/^\([0-9]*\.[0-9]*\).*/\1/p' || true
}
version=$(python_version) # empty if neither python3 nor a list of packages is there yet

missing=()
while read -r group package _; do
    [[ "$group" == "#" || -z "$group" ]] && continue
    for wanted in "$@"; do
        name=${package/X.Y/$version}
        if [[ "$group" == "$wanted" ]] && ! dpkg-query -W -f '${Status}' "$name" 2>/dev/null |
            grep -q '^install ok installed$'; then
            missing+=("$package")
        fi
    done
done < "$here/packages.txt"
[[ ${#missing[@]} -eq 0 ]] && exit 0

# give_up WHY: lists the packages and exits.
give_up() {
    echo "$1. Please install these packages, then run this again:" >&2
    echo "    apt-get install ${missing[*]/X.Y/$version}" >&2
    exit 2
}

command -v apt-get > /dev/null || give_up "This system has no apt-get"
if [[ $(id -u) -eq 0 ]]; then
    root=()
elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
    root=(sudo -n)
elif command -v sudo > /dev/null && [[ -t 0 ]]; then
    root=(sudo) # a user at the terminal can give a password
else
    give_up "Neither root nor sudo"
fi
echo "These packages are missing and will be installed: ${missing[*]/X.Y/$version}"
log=$(mktemp)
if ! {
    "${root[@]}" apt-get update -q && missing=("${missing[@]/X.Y/$(python_version)}") &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -qy --no-install-recommends "${missing[@]}"
} > "$log" 2>&1; then
    tail -n 15 "$log" >&2
    echo "The installation failed; the whole log: $log" >&2
    exit 1
fi
rm -f "$log"
