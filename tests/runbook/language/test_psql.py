"""Variables and commands of psql, found by the scanner and not by the eye."""

from __future__ import annotations

from fireline.runbook.language.psql import Source, comments


def test_variables_with_their_places() -> None:
    source = Source("SELECT :'ä', :\"i\", :n -- :no\n, ':no', $$:no$$, a::int, E'\\':no'")
    assert [(one.name, one.type, one.token) for one in source.variables] == [
        ("ä", "text", ":'ä'"), ("i", "identifier", ':"i"'), ("n", "number", ":n")
    ]  # fmt: skip
    assert [source.text[one.start : one.end].decode() for one in source.variables] == [":'ä'", ':"i"', ":n"]


def test_a_backslash_command_goes_to_the_end_of_its_line() -> None:
    source = Source("\\x on\nSELECT 1\\gx\n\\watch 5\n")
    assert source.text.decode().split() == ["SELECT", "1;", ";"]
    assert len(source.notes) == 3
    assert source.by_hand is None
    assert Source("\\copy a from 'b'").by_hand == "\\copy a from 'b' is a command of psql"


def test_text_that_can_not_be_scanned_has_no_variables() -> None:
    assert Source("SELECT 'unclosed :x").variables == []


def test_comments_with_their_lines() -> None:
    assert comments("-- One\nSELECT '-- no'; -- two\n") == [(0, "One"), (1, "two")]
    assert comments("SELECT 'x") == []
