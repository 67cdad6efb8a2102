"""Blocks and items."""

from __future__ import annotations

from fireline.runbook.page.block import Block, Item
from fireline.runbook.page.prose import Prose


def test_the_words_of_an_item_are_its_first_paragraph() -> None:
    words = Prose("Look", ())
    assert Item(1, [Block("paragraph", 1, prose=words)]).prose is words
    assert Item(1, [Block("fence", 1), Block("paragraph", 2, prose=words)]).prose is None
    assert Item(1).prose is None
