from __future__ import annotations

from fireline.runbook.lint.programs.branch import Branch, Unsure, walk

LIST = Branch(options=frozenset({"--json"}))
BUILD = Branch(options=frozenset({"--wait"}), children={"list": 0}, arguments=False)
ROOT = Branch(options=frozenset({"--debug"}), children={"build": 0, "odd": 0}, arguments=False)


def below(_: tuple[str, ...], branch: Branch, word: str) -> Branch | None:
    if word == "odd":
        raise Unsure
    return {"build": BUILD, "list": LIST}.get(word) if word in branch.children else None


def test_options_of_everything_above_are_taken_too() -> None:
    way = walk(ROOT, ("build", "list", "argument"), below)
    assert (way.path, way.exists, way.missing) == (("build", "list"), True, None)
    assert set(way.options or ()) == {"--debug", "--wait", "--json"}


def test_a_word_that_can_be_no_argument_is_missing() -> None:
    way = walk(ROOT, ("build", "rollback"), below)
    assert (way.path, way.exists, way.missing) == (("build",), False, "rollback")


def test_where_a_plugin_may_add_it_nobody_can_tell() -> None:
    way = walk(Branch(children={"build": 0}, arguments=False, complete=False), ("other",), below)
    assert (way.exists, way.missing) == (None, "other")


def test_where_below_is_unsure_the_way_is_too() -> None:
    assert walk(ROOT, ("odd", "list"), below).exists is None
