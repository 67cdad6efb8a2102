"""Headings and blocks with their lines, whatever the Markdown looks like."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fireline.runbook.page.outline import anchor, outline, slug


def test_sections_nest_by_their_level() -> None:
    root = outline("before\n# A\n## B\ntext\n### C\n## D\n# E\n").root
    assert [(one.title, one.line) for one in root.walk()] == [("", 1), ("A", 2), ("B", 3), ("C", 5), ("D", 6), ("E", 7)]
    assert [one.title for one in root.children] == ["A", "E"]
    assert root.blocks[0].prose is not None


def test_every_kind_of_block_knows_its_line() -> None:
    section = outline(
        "Title\n=====\n\npara\n\n1. a\n   - b\n\n> quoted\n\n| x |\n|---|\n| y |\n\n~~~sh\nls\n~~~\n\n<div>\n\n    code\n"
    ).root.children[0]
    assert [(one.kind, one.line) for one in section.blocks] == [
        ("paragraph", 4), ("list", 6), ("paragraph", 9), ("table", 11), ("fence", 15), ("html", 19), ("fence", 21)
    ]  # fmt: skip
    fence, code = section.blocks[4], section.blocks[6]
    assert (fence.info, fence.content, fence.first, fence.closed) == ("sh", "ls\n", 16, True)
    assert (code.info, code.content, code.first) == ("", "code\n", 21)
    assert section.blocks[1].items[0].blocks[1].items[0].line == 7


def test_a_fence_that_is_never_closed_says_so() -> None:
    assert not outline("```sh\nls\n").root.blocks[0].closed
    assert outline("> ```sh\n> ls\n> ```\n").root.blocks[0].closed
    assert outline("1. a\n   ```sh\n   ls\n   ```\n").root.blocks[0].items[0].blocks[1].closed


def test_headings_with_the_same_words_have_anchors_of_their_own() -> None:
    assert [one.anchor for one in outline("# A b!\n# A b\n").root.children] == ["a-b", "a-b-1"]


def test_slugs_and_anchors() -> None:
    assert (slug("2. Post-Mortem (P0/P1)"), anchor("Post-Mortem (P0/P1)")) == ("post-mortem-p0-p1", "post-mortem-p0p1")
    assert slug("Größe – Über") == "größe-über"
    assert slug("???") == "section"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="#-*>`~|1. \n\tab[]()<!", max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    lines = text.count("\n") + 1
    for section in outline(text).root.walk():
        assert 1 <= section.line <= lines
        assert all(1 <= block.line <= lines for block in section.blocks)
