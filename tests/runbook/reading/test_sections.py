"""Which headings are procedures, and what under them are symptoms and steps."""

from __future__ import annotations

import pytest

from fireline.runbook.page.outline import outline
from fireline.runbook.page.prose import Reader
from fireline.runbook.reading.sections import Found, find, is_contents, label_of


def found(text: str) -> list[Found]:
    root = outline(text).root
    first = [one for one in root.children if one.level == 1]
    return list(find(root, first[0] if len(first) == 1 else None))


def titles(text: str) -> list[tuple[str, str, int]]:
    return [(one.kind, "/".join(one.path), len(one.sketch.drafts)) for one in found(text)]


def test_a_heading_with_a_numbered_list_or_a_command_is_a_procedure() -> None:
    assert titles("# R\n## A\n1. x\n2. y\n## B\n```sh\nls\n```\n## C\n- only\n- bullets\n## D\ntext\n") == [
        ("procedure", "A", 2),
        ("procedure", "B", 1),
    ]


def test_bullets_are_steps_below_a_label_with_a_command_or_with_boxes() -> None:
    assert titles("# A\n**Steps:**\n- x\n- y\n") == [("procedure", "A", 2)]
    assert titles("# A\n- x\n  ```sh\n  ls\n  ```\n- y\n") == [("procedure", "A", 2)]
    assert titles("# A\n- [ ] x\n- [x] y\n") == [("procedure", "A", 2)]


def test_a_list_after_a_fence_goes_on_with_the_steps() -> None:
    (one,) = found("# A\n1. x\n```sh\nls\n```\n1. y\n- to tick\n")
    assert [(draft.title, len(draft.fences), draft.checklist) for draft in one.sketch.drafts] == [
        ("x", 1, []),
        ("y", 0, ["to tick"]),
    ]


def test_a_fence_is_titled_by_the_words_before_it() -> None:
    (one,) = found(
        "# A\nFirst look around:\n```sh\nls\n```\n**Step 2 — Then:**\n```sh\n# Go away\ncd /\n```\n```sh\n# Once more\nls\n```\n"
    )
    assert [draft.title for draft in one.sketch.drafts] == ["First look around", "Then", "Once more"]


def test_symptoms_stand_under_a_label_or_in_a_line() -> None:
    (one,) = found("# A\n**Symptoms**\n- a\n\nUsers write:\n- b\n\n1. x\n")
    assert one.sketch.symptoms == ["a", "b"]
    (one,) = found("# A\nSymptoms: a is slow, b; c\n1. x\n")
    assert one.sketch.symptoms == ["a is slow", "b", "c"]


def test_sections_that_are_no_procedures() -> None:
    text = "# R\n## Contents\n1. [A](#a)\n## Severity levels\n1. P0\n## Contacts\n1. Ada\n## Overview\n1. text\n## A\n1. x\n"
    assert titles(text) == [("procedure", "A", 1)]


def test_a_process_is_a_checklist_with_all_its_headings() -> None:
    text = (
        "# R\n## Response process\n### 1. Detection\n**Sources:**\n- Sentry\n### 2. Resolution\nas below\n## A\n1. x\n"
    )
    assert titles(text) == [
        ("checklist", "Response process/Detection", 0),
        ("checklist", "Response process/Resolution", 0),
        ("procedure", "A", 1),
    ]
    assert found(text)[0].sketch.sources == ["Sentry"]


def test_a_file_without_a_heading_may_still_hold_steps() -> None:
    assert titles("1. x\n2. y\n") == [("procedure", "", 2)]


LABELS = {
    "**Symptoms:** slow, hung": ("Symptoms", "slow, hung"),
    "**Symptoms**: slow": ("Symptoms", "slow"),
    "**Steps**": ("Steps", ""),
    "For critical issues:": ("For critical issues", ""),
    "Signs: slow": ("Signs", "slow"),
    "A sentence: with more": ("", ""),
    "Plain words": ("", ""),
}


@pytest.mark.parametrize(("raw", "label"), LABELS.items())
def test_labels(raw: str, label: tuple[str, str]) -> None:
    assert label_of(Reader({}).read(raw)) == label


def test_a_known_label_right_above_a_list_needs_no_colon() -> None:
    assert label_of(Reader({}).read("Signals"), alone=True) == ("Signals", "")


def test_contents_are_links_within_the_page() -> None:
    assert is_contents(outline("1. [A](#a)\n2. [B](#b)\n").root.blocks[0])
    assert not is_contents(outline("1. [A](#a)\n2. See [B](#b)\n").root.blocks[0])
