# SPDX-License-Identifier: BSL-1.0
"""Help and completions come from one table of options, and the page has each option."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from support import CONQ, TIMEOUT_S

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "command.md"


def output_of(*words, **options):
    return subprocess.run(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True,
                          timeout=TIMEOUT_S, **options).stdout.decode()


def verbs():
    return [line.split("\t")[0] for line in output_of(CONQ, "completions", "verbs").splitlines()]


def table_of(verb):
    lines = output_of(CONQ, verb, "--options").splitlines()
    return [(names.split(), value, about)
            for names, value, about in (line.split("\t") for line in lines)]


def test_the_table_has_what_help_has():
    assert len(verbs()) > 18
    for verb in verbs():
        shown = " ".join(output_of(CONQ, verb, "--help").split())
        for names, value, about in table_of(verb):
            assert f" {','.join(names)} {value}".rstrip() in shown, (verb, names)
            assert " ".join(about.split()) in shown, (verb, names)


def test_the_page_has_every_verb_and_option():
    page = PAGE.read_text()
    for verb in verbs():
        assert f"`{verb}" in page or f"conq {verb}" in page, verb
        for names, _, _ in table_of(verb):
            found = [re.search(rf"(?<![\w-]){name}(?![\w-])", page) for name in names]
            assert any(found), (verb, names)


@pytest.fixture(name="shell")
def shell_with(tmp_path):
    """Runs a script in a shell that finds conq, with the completions in its $SCRIPT."""
    def run(shell, *words):
        if not shutil.which(shell):
            pytest.skip(f"no {shell}")
        script = tmp_path / "script"
        script.write_text(output_of(CONQ, "completions", shell))
        if not (tmp_path / "conq").exists():
            (tmp_path / "conq").symlink_to(CONQ)
        env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "SCRIPT": str(script),
               "HOME": str(tmp_path)}
        return output_of(shell, *words, env=env, cwd=tmp_path).split("\n")
    return run


# What is typed -> a word that is offered, and one that is not.
CASES = [
    (("ge",), "get", "put"),
    (("help", "ge"), "get", "put"),
    (("get", "--l"), "--lease", "--timeout"),
    (("run", "-q", "f", "--ret"), "--retries", "--replay"),
    (("run", "-k", "--re"), "--replay", "--force"),
    (("work", "--f"), "--follow", "--json"),
]


@pytest.mark.parametrize("words,offered,other", CASES)
def test_bash(shell, words, offered, other):
    script = ('source "$SCRIPT"; COMP_WORDS=(conq "$@"); COMP_CWORD=$#; _conq; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    found = shell("bash", "-c", script, "bash", *words)
    assert offered in found and other not in found


def test_bash_offers_commands_where_the_command_is(shell):
    script = ('source "$SCRIPT"; COMP_WORDS=(conq "$@"); COMP_CWORD=$#; _conq; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    for words in (("run", "-k", "-j", "4", "seq"), ("work", "seq"), ("get", "--", "seq")):
        assert "seq" in shell("bash", "-c", script, "bash", *words)
    assert "script" in shell("bash", "-c", script, "bash", "run", "cat", "scr")  # a file


@pytest.mark.parametrize("words,offered,other", CASES)
def test_zsh(shell, words, offered, other):
    script = ('compdef() { : }; _describe() { print -rl -- "${(P@)@[-1]}" }; '
              'source "$SCRIPT"; words=(conq "$@"); CURRENT=$#words; _conq')
    found = [line.split(":")[0] for line in shell("zsh", "-fc", script, "zsh", *words)]
    found = [each for each in found if each.startswith(words[-1])]  # as zsh itself does
    assert offered in found and other not in found


@pytest.mark.parametrize("words,offered,other", CASES)
def test_fish(shell, words, offered, other):
    script = f'source $SCRIPT; complete -C "conq {" ".join(words)}"'
    found = [line.split("\t")[0] for line in shell("fish", "-c", script)]
    assert offered in found and other not in found


def test_another_shell_is_wrong_use():
    done = subprocess.run([CONQ, "completions", "tcsh"], stderr=subprocess.PIPE, check=False,
                          timeout=TIMEOUT_S)
    assert done.returncode == 2 and b"bash, zsh or fish" in done.stderr
