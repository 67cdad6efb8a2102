from __future__ import annotations

from pathlib import Path

import pytest

from fireline.runbook.lint.programs.branch import Branch, Unsure
from fireline.runbook.lint.programs.help.reading import Help
from fireline.runbook.lint.programs.learned import Learned
from fireline.runbook.lint.programs.learning import Told

KNOWN = Branch(children={"list": 0, "build": {"o": "--wait", "a": 0, "c": {"view": 0}}, "ls": "list"}, arguments=False)


def learned(helps: dict[str, Help | None]) -> Learned:
    return Learned(Told(Path("/nowhere/eas"), "1.0", helps), KNOWN)


def test_a_subcommand_that_its_help_names_is_there() -> None:
    one = learned(
        {"": Help(subcommands=("list", "build")), "list": Help(options=frozenset({"--json"}), arguments=True)}
    )
    root = one.root()
    assert root is not None
    below = one.below((), root, "list")
    assert below is not None
    assert set(below.options or ()) == {"--json"}


def test_a_help_quite_unlike_the_known_one_is_not_believed() -> None:
    assert learned({"": Help(subcommands=("other", "things"))}).root() is None
    assert learned({"": None}).root() is None


def test_an_alias_is_known_by_the_table_or_by_what_a_sibling_says() -> None:
    one = learned({
        "": Help(subcommands=("list", "build", "compile")),
        "list": Help(options=frozenset({"--json"})),
        "build": Help(options=frozenset({"--wait"}), aliases=("builds",)),
        "compile": Help(options=frozenset({"--all"}), aliases=("make",)),
    })  # fmt: skip
    root = one.root()
    assert root is not None
    assert one.below((), root, "ls") == one.below((), root, "list")
    assert one.below((), root, "builds") == one.below((), root, "build")
    assert one.below((), root, "make") == one.below((), root, "compile")
    assert one.below((), root, "nothing") is None


def test_while_a_sibling_was_not_read_nobody_can_tell() -> None:
    one = learned({"": Help(subcommands=("list", "build", "new")), "list": None, "build": None, "new": None})
    root = one.root()
    assert root is not None
    with pytest.raises(Unsure):
        one.below((), root, "nothing")


def test_only_those_are_asked_for_other_names_that_the_table_does_not_know_or_that_look_like_it() -> None:
    one = learned({"": Help(subcommands=("list", "build"))})
    root = one.root()
    assert root is not None
    one.about.patience.seconds = 0  # whoever is asked does not answer
    assert one.below((), root, "nothing") is None
    for word in ("lists", "bu", "rm"):
        with pytest.raises(Unsure):
            one.below((), root, word)


def test_where_more_is_told_elsewhere_the_table_fills_the_gap() -> None:
    one = learned({"": Help(subcommands=("list", "build")), "build": Help(options=frozenset({"--new"}), partial=True)})
    root = one.root()
    assert root is not None
    below = one.below((), root, "build")
    assert below is not None
    assert set(below.options or ()) == {"--new", "--wait"}
