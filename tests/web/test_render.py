"""Templates: all of them compile, Markdown brings no HTML along, and who is on call is who would be told."""

from __future__ import annotations

import pytest

from fireline.settings import Settings
from fireline.web.render import ROOM, environment, markdown, on_call, static

TEMPLATES = sorted(file.name for file in (ROOM / "templates").glob("*.html"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_compiles_and_holds_nothing_inline(name: str) -> None:
    environment().get_template(name)
    source = (ROOM / "templates" / name).read_text(encoding="utf-8")
    for forbidden in ("style=", "onclick", "javascript:", "hx-on", "| safe", "|safe", "http://", "https://"):
        assert forbidden not in source


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold**", "<p><strong>bold</strong></p>\n"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>\n"),
        ("![x](https://example.org/p.png)", '<p>!<a href="https://example.org/p.png">x</a></p>\n'),
        ("a ~~b~~", "<p>a <s>b</s></p>\n"),
    ],
)
def test_markdown_is_rendered_without_html_and_without_pictures(text: str, html: str) -> None:
    assert markdown(text) == html


def test_a_static_file_is_named_with_the_mark_of_its_content() -> None:
    assert static("clock.js").startswith("/static/clock.js?v=")
    assert static("clock.js") != static("keys.js")


def test_only_who_has_a_confirmed_address_is_on_call() -> None:
    contacts = {
        "first": {"role": "On-Call Engineer", "address": "a@example.org", "confirmed": True},
        "second": {"address": "b@example.org", "confirmed": True},
        "third": {"role": "Security", "address": "c@example.org"},
    }
    assert on_call(Settings.model_validate({"contacts": contacts})) == ["On-Call Engineer", "second"]
    assert on_call(Settings()) == []
