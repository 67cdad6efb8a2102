"""The page around the procedures: anchors, other links, passages with their headings."""

from __future__ import annotations

from fireline.runbook.lint import page

TEXT = """---
owner: x
---

# Title

Some words.

> quoted words

## Rücksicherung: daneben!

- an item

| a | b |
| --- | --- |
| c | d |

## Emergency contacts

![plan](plan.png) `![no](no.png)` <a name="there"></a>

```html
<a href="not-me.md" id="nor-me">x</a>
```

<div id="box"><a href="me.md">x</a></div>
"""


def test_passages_have_their_line_and_headings() -> None:
    found = {one.prose.plain: one for one in page.passages(TEXT)}
    assert (found["Some words."].line, found["Some words."].path) == (7, ("Title",))
    assert found["quoted words"].quoted
    assert found["an item"].path == ("Title", "Rücksicherung: daneben!")
    assert (found["c"].line, found["d"].line) == (17, 17)
    assert "contacts" in next(one for one in page.passages(TEXT) if one.path[-1] == "Emergency contacts").kinds


def test_headings_are_found_by_line() -> None:
    assert page.path_of(TEXT, 13) == ("Title", "Rücksicherung: daneben!")
    assert page.title_line(TEXT) == 5
    assert page.title_line("no heading") == 1
    assert [one.title for one in page.sections(TEXT) if one.level] == [
        "Title",
        "Rücksicherung: daneben!",
        "Emergency contacts",
    ]
    assert page.for_contacts(("Title", "Kontakte"))
    assert not page.for_contacts(())


def test_anchors_of_headings_and_html_whatever_the_renderer() -> None:
    known = page.anchors(TEXT)
    assert {
        page.alike(one) for one in ("rücksicherung-daneben", "rucksicherung-daneben", "user-content-there", "box")
    } <= known
    assert page.alike("nor-me") not in known


def test_pictures_and_html_links_outside_of_code() -> None:
    assert page.more_links(TEXT) == [("me.md", 27), ("plan.png", 21)]


def test_code_is_taken_out_and_lines_stay() -> None:
    bare = page.prose_only("a `b` c\n```\nd\n```\ne\n")
    assert bare.split("\n") == ["a  c", "", "", "", "e", ""]


def test_fences_are_found_in_lists_too() -> None:
    text = "```sh\na\n```\n\n1. x\n   - y\n     ```sql\n     b\n     ```\n"
    assert [(one.line, one.first, one.content) for one in page.fences(text)] == [(1, 2, "a\n"), (7, 8, "b\n")]
