"""One paragraph, read: plain words, the bold lead, code, links with their lines."""

from __future__ import annotations

from fireline.runbook.page.prose import LONGEST, MOST_BRACKETS, Prose, Reader


def read(raw: str) -> Prose:
    return Reader({}).read(raw)


def test_the_words_the_lead_and_the_first_line() -> None:
    prose = read("**Check *slow*\nqueries:** now `SELECT 1`\nand [then](#x)")
    assert prose.plain == "Check slow queries: now SELECT 1 and then"
    assert prose.lead == "Check slow queries:"
    assert prose.first_line == "Check slow"
    assert [run.text for run in prose.runs if run.code] == ["SELECT 1"]


def test_links_know_their_lines_and_references() -> None:
    reader = Reader({"B": {"href": "b.md", "title": ""}})
    assert reader.read("see [a *x*](a.md)\nand [b]").links == [("a x", "a.md", 0), ("b", "b.md", 1)]


def test_escapes_and_comments_are_no_words() -> None:
    assert read("a \\*b\\* <!-- c --> &amp; <pid>").plain == "a *b* & <pid>"


def test_a_paragraph_is_cut_before_its_labels() -> None:
    parts = read("**Symptoms:** slow\nand stuck\n**Quick fix:**\nnow `x`").labelled_lines()
    assert [(one.raw, one.lead) for one in parts] == [
        ("**Symptoms:** slow\nand stuck", "Symptoms:"),
        ("**Quick fix:**\nnow `x`", "Quick fix:"),
    ]
    assert [run.line for run in parts[1].runs if run.code] == [1]
    assert len(read("plain\nlines **bold:** here").labelled_lines()) == 1


def test_what_is_too_long_or_too_odd_stays_text_and_is_remembered() -> None:
    for raw in ("x" * (LONGEST + 1), "[" * (MOST_BRACKETS + 1)):
        reader = Reader({})
        assert reader.read(raw).plain == raw
        assert reader.given_up
