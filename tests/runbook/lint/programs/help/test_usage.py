"""What the usage says of the words that a command takes."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.programs.help.usage import passes, takes_words, usage


def test_the_usage_goes_on_until_it_ends() -> None:
    assert usage(["Usage:", "  psql [OPTION]...", "    [DBNAME]", "", "Options:"], ("psql",)) == [
        "psql [OPTION]...",
        "[DBNAME]",
    ]
    assert usage(["eas [COMMAND]", "more"], ("eas",)) == ["eas [COMMAND]"]
    assert usage(["Options:", "  --all"], ("x",)) == []


@pytest.mark.parametrize(
    ("said", "path", "words"),
    [
        ("docker container COMMAND", ("docker", "container"), False),
        ("alembic [-h] [-c CONFIG] {branches,upgrade} ...", ("alembic",), False),
        ("vercel [options] <command | path>", ("vercel",), True),
        ("git [--version] <command> [<args>]", ("git",), False),
    ],
)
def test_words_beside_the_subcommands_are_told(said: str, path: tuple[str, ...], words: bool) -> None:
    assert takes_words([said], path) is words


def test_without_a_usage_there_may_be_words() -> None:
    assert takes_words([], ("x",))


def test_another_program_is_passed_unless_two_dashes_stand_before_it() -> None:
    assert passes(["docker run [OPTIONS] IMAGE [COMMAND] [ARG...]"], ("docker", "run"))
    assert not passes(["kubectl exec POD [flags] -- COMMAND [args...]"], ("kubectl", "exec"))
    assert not passes(["psql [OPTION]... [DBNAME [USERNAME]]"], ("psql",))
