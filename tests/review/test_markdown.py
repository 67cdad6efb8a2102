"""Held against a real parser: what others wrote must come out as text, whatever it looks like."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from fireline.review.markdown import block, code, escape

PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": False})
MARKS = "\\`*_{}[]()<>#+-.!|~&$=:;/@\"' 0a1\tä\n"
text = st.text() | st.text(st.sampled_from(MARKS)) | st.lists(
    st.sampled_from(["# ", "- ", "1. ", "<b>", "![x](y)", "&lt;", "```", "~~~", "---", "|", "a", " ", "\n", "**", "[^1]", "$$"])
).map("".join)  # fmt: skip


def inline(markdown: str) -> list[Token]:
    return [child for token in PARSER.parse(markdown) for child in token.children or []]


def said(text: str) -> str:
    return " ".join(text.split())


def storable(text: str) -> bool:
    return "\0" not in text


@settings(deadline=None)
@given(text.filter(storable))
def test_escaped_text_reads_as_it_was_written_in_a_sentence(text: str) -> None:
    tokens = PARSER.parse(f"It said {escape(text)}")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = inline(f"It said {escape(text)}")
    assert all(token.type in ("text", "text_special") for token in children)
    assert "".join(token.content for token in children) == f"It said {said(text)}".rstrip()


@settings(deadline=None)
@given(text.filter(storable))
def test_escaped_text_is_one_list_item(text: str) -> None:
    tokens = PARSER.parse(f"- {escape(text)}")
    kinds = [token.type for token in tokens if token.type.endswith("_open")]
    assert kinds in (["bullet_list_open", "list_item_open", "paragraph_open"], ["bullet_list_open", "list_item_open"])
    assert "".join(token.content for token in inline(f"- {escape(text)}")) == said(text)


@settings(deadline=None)
@given(text.filter(storable), text.filter(storable))
def test_escaped_text_stays_in_its_table_cell(one: str, two: str) -> None:
    tokens = PARSER.parse(f"| a | b |\n| --- | --- |\n| {escape(one)} | {escape(two)} |\n")
    cells = [tokens[place + 1] for place, token in enumerate(tokens) if token.type == "td_open"]
    assert ["".join(part.content for part in cell.children or []) for cell in cells] == [said(one), said(two)]


@settings(deadline=None)
@given(text.filter(storable))
def test_code_shows_what_it_was_given(text: str) -> None:
    if not said(text):
        assert code(text) == ""
        return
    (token,) = inline(f"{code(text)}")
    assert token.type == "code_inline"
    assert token.content == said(text)


@settings(deadline=None)
@given(text.filter(storable).filter(lambda text: "\r" not in text))
def test_a_block_holds_whatever_is_in_it(text: str) -> None:
    (token,) = PARSER.parse(block(text, language="sql"))
    assert (token.type, token.info) == ("fence", "sql")
    assert token.content.splitlines() == [line.rstrip() for line in text.rstrip().splitlines()]


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "![](http://evil.example/pixel.png)",
        "<img src=x onerror=alert(1)>",
        "| a | b |\n|---|---|",
        "# Heading",
        "- [x] done",
        "&lt;b&gt;",
        "\\*not bold\\*",
        "```\nrm -rf /\n```",
        "[ref]: http://evil.example",
        "<http://evil.example>",
    ],
)
def test_an_attack_is_shown_and_does_nothing(attack: str) -> None:
    html = PARSER.render(f"- {escape(attack)}")
    assert html.count("<") == html.count("<ul>") + html.count("<li>") + html.count("</li>") + html.count("</ul>")
