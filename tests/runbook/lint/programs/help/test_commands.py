"""Where a help text lists subcommands, and where it only looks like it."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.programs.help.commands import aliases, subcommands


@pytest.mark.parametrize(
    ("text", "path", "names"),
    [
        ("Commands:\n  ls   List\n  exec   Run\n", ("docker",), ("ls", "exec")),
        ("COMMANDS\n  build:cancel   cancel\n", ("eas", "build"), ("cancel",)),
        ("Available Commands:\n  get, g   Get\n", ("x",), ("get", "g")),
        ("Commands:\n  init   Set up\n      more of it   here\n", ("x",), ("init",)),
        ("  wrangler d1 list   List databases\n", ("wrangler", "d1"), ("list",)),
        ("Environment variables:\n  HOME   where\n", ("x",), ()),
        ("Examples:\n  ls   lists\n", ("x",), ()),
        ("Options:\n  --all   all\n", ("x",), ()),
    ],
)
def test_what_stands_under_a_heading_of_commands_is_one(
    text: str, path: tuple[str, ...], names: tuple[str, ...]
) -> None:
    assert subcommands(text.splitlines(), path) == names


def test_other_names_stand_on_a_line_of_their_own_or_below_it() -> None:
    assert aliases(["Aliases: docker image ls, docker images"]) == ("ls", "images")
    assert aliases(["Aliases:", "  docker image ls, docker images"]) == ("ls", "images")
    assert aliases(["Usage: docker"]) == ()
