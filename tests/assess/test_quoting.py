"""Names and texts as SQL."""

from __future__ import annotations

from fireline.assess.quoting import ident, literal, qualified


def test_only_names_that_need_quotes_have_them() -> None:
    names = ("orders", "Orders", "user", "a b", 'say "hi"', "1st", "public", "café")
    assert [ident(one) for one in names] == [
        "orders",
        '"Orders"',
        '"user"',
        '"a b"',
        '"say ""hi"""',
        '"1st"',
        "public",
        '"café"',
    ]
    assert qualified("My Schema", "table") == '"My Schema"."table"'


def test_texts_are_quoted_whatever_they_hold() -> None:
    assert [literal(one) for one in ("it's", "a\\b", "")] == ["'it''s'", "E'a\\\\b'", "''"]
