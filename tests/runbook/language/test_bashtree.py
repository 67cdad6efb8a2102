"""The syntax tree of bash: in order, and not for what would take for ever."""

from __future__ import annotations

from fireline.runbook.language.bashtree import text_of, too_much, tree_of, walk


def test_nodes_come_in_the_order_of_the_text() -> None:
    words = [text_of(node) for node in walk(tree_of("echo ä 'b c'").root_node) if node.type in ("word", "raw_string")]
    assert words == ["echo", "ä", "'b c'"]
    assert text_of(None) == ""


def test_what_is_too_long_or_too_odd_is_not_looked_into() -> None:
    assert not too_much("ls | wc -l\n" * 400)
    assert too_much("a" * 20_000)
    assert too_much("a|" * 600)
    assert too_much("<<a\n" * 200)
