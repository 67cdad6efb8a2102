"""Bash of a runbook: what it asks for, whether it is only `fireline` lines, and that a value never becomes code."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fireline.runbook.shell import comments, fill, fireline_lines, script, variables


def test_variables_are_those_that_come_from_outside() -> None:
    command = (
        'FOO=1; for x in a; do echo "$x ${BAR:-d} $BAZ"; done; read -r Q; echo $Q $1 $? $@ > /tmp/x; local y=3\n'
        "export Z=1; cat <<EOF\n$HD\nEOF\necho '$NO' \\$NO2 \"$(cmd $IN)\" $((A+B)) $PATH $HOME ${Y} ${W:?no} $y $Z"
    )
    assert variables(command) == ["BAZ", "HD", "IN", "A", "B", "Y", "W"]


PLAIN = {
    "fireline resolve terminate-session \"$PID\" --target main\n# why\nfireline contain fence --target='main db'": [
        ["fireline", "resolve", "terminate-session", "$PID", "--target", "main"],
        ["fireline", "contain", "fence", "--target=main db"],
    ],
    "fireline a; fireline b": [["fireline", "a"], ["fireline", "b"]],
    "fireline a \\\n  --b c": [["fireline", "a", "--b", "c"]],
    'fireline a "b c" b\\ c': [["fireline", "a", "b c", "b c"]],
}
NOT_PLAIN = [
    "ls",
    "fireline a | tee log",
    "fireline a > log",
    "fireline a && fireline b",
    "fireline a &",
    "fireline $(whoami)",
    "fireline a*",
    "fireline {a,b}",
    "fireline ~/x",
    "fireline $HOME",
    "fireline 'a$b'",
    'fireline "a`b`"',
    "X=1 fireline a",
    "if true; then fireline a; fi",
    "fireline a\nls",
    "# fireline",
    "fireline 'a",
    "sudo fireline a",
]


@pytest.mark.parametrize(("command", "lines"), PLAIN.items())
def test_plain_lines_are_read_as_bash_would_read_them(command: str, lines: list[list[str]]) -> None:
    assert fireline_lines(command) == lines


@pytest.mark.parametrize("command", NOT_PLAIN)
def test_anything_more_than_plain_lines_is_bash(command: str) -> None:
    assert fireline_lines(command) is None


def test_a_declared_parameter_is_filled_in_as_one_argument() -> None:
    lines = fireline_lines('fireline a "$X" --b=$Y-z')
    assert lines is not None
    assert [fill(word, {"X": "1 2; $Y", "Y": "w"}) for word in lines[0]] == ["fireline", "a", "1 2; $Y", "--b=w-z"]


SCRIPTS = {
    "eas build:rollback BUILD_ID # OLD_ID": 'eas build:rollback "$BUILD_ID" # OLD_ID',
    "./backup.sh restore /path/to/backup.sql.gz": './backup.sh restore "$BACKUP_SQL_GZ"',
    "kill <pid>": 'kill "$PID"',
    'echo "is <name>"': 'echo "is ${NAME}"',
    "curl -H 'Bearer YOUR_TOKEN' x": "curl -H 'Bearer '\"$YOUR_TOKEN\"'' x",
    "cat <<EOF\n<x>\nEOF": "cat <<EOF\n${X}\nEOF",
    "echo BUILD_ID; export A_B; printenv A_B; docker run -e FOO_BAR img": "echo BUILD_ID; export A_B; printenv A_B; docker run -e FOO_BAR img",
    "A_ID=1; foo A_ID": 'A_ID=1; foo "$A_ID_VALUE"',
    "cd <path>": 'cd "$PATH_VALUE"',
    "cat <in >out": "cat <in >out",
}


@pytest.mark.parametrize(("command", "made"), SCRIPTS.items())
def test_placeholders_become_variables_quoted_as_their_place_needs(command: str, made: str) -> None:
    assert script(command).command == made


@pytest.mark.parametrize(
    "command", ["psql -c 'SELECT <pid>'", 'bash -c "<command>"', "ssh host 'rm <file>'", "cat <<'EOF'\n<x>\nEOF"]
)
def test_no_value_becomes_part_of_another_program(command: str) -> None:
    made = script(command)
    assert (made.command, made.opens) == (command, ())
    assert len(made.unbound) == 1


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40), st.sampled_from(["printf %s <x>", 'printf "%s" "<x>"', "printf %s '<x>'"]))  # fmt: skip
def test_whatever_the_value_bash_takes_it_as_one_word(value: str, command: str) -> None:
    made = script(command).command
    said = subprocess.run(["bash", "-c", made], env={"X": value}, capture_output=True, check=True).stdout
    assert said.decode() == value


def test_comments_within_a_here_document_are_none() -> None:
    assert comments("# One\nx # tail\n\n# Or two\ncat <<E\n# Or no\nE\n") == [(0, "One"), (1, "tail"), (3, "Or two")]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*"'\"`$(){}[]<>|&;#\\ \n\0é*", "fireline ", "$X", "${Y}", "<pid>", "A_B", "<<EOF\n", "EOF\n", "if ", "rm "])).map("".join))  # fmt: skip
def test_no_text_breaks_it(command: str) -> None:
    made = script(command)
    variables(made.command)
    fireline_lines("fireline x\n" + made.command)
    comments(command)
