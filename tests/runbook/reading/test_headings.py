"""What the words of a heading or a label announce."""

from __future__ import annotations

import pytest

from fireline.runbook.reading.headings import (
    is_step,
    label_kind,
    note_kind,
    number_of,
    plain_task,
    plain_title,
    section_kind,
)

SECTIONS = {
    "Incident Severity Levels": "severity",
    "Severity": "severity",
    "Priority matrix": "severity",
    "Emergency Contacts": "contacts",
    "Escalation Matrix": "contacts",
    "External Communication": "communication",
    "Incident Response Process": "process",
    "Post-Mortem (P0/P1)": "process",
    "Lessons learned": "process",
    "Incident workflow": "process",
    "Additional Resources": "aside",
    "Table of Contents": "aside",
    "⚠️ Symptoms": "symptoms",
    "Symptome": "symptoms",
    "Immediate Actions (first 60 seconds)": "steps",
    "Diagnosis Steps": "steps",
    "Root Cause": "text",
    "Failover Process": "",
    "Communication breakdown with the bank": "",
    "Database Performance Issues": "",
    "503 errors": "",
}


@pytest.mark.parametrize(("title", "kind"), SECTIONS.items())
def test_what_a_section_is(title: str, kind: str) -> None:
    assert section_kind(title) == kind


def test_numbers_and_signs_are_no_part_of_a_title() -> None:
    titles = [
        "1. Detection",
        "Step 2: Restart",
        "2.1 Stop traffic",
        "🚨 Redis down",
        "A. Redis down",
        "503 errors",
        "  ",
    ]
    assert [plain_title(one) for one in titles] == [
        "Detection", "Restart", "Stop traffic", "Redis down", "Redis down", "503 errors", ""
    ]  # fmt: skip
    assert [number_of(one) for one in titles] == [1, 2, 1, None, None, None, None]
    assert [is_step(one) for one in titles] == [False, True, False, False, False, False, False]


def test_labels_and_annotations() -> None:
    assert [label_kind(one) for one in ("Symptoms", "Steps:", "Sources", "Impact", "For Critical Issues")] == [
        "symptoms", "steps", "sources", "text", ""
    ]  # fmt: skip
    assert [note_kind(one) for one in ("Expect:", "If", "Undo", "Verify:", "Stop when:", "Note")] == [
        "expect", "if", "undo", "verify", "stop_when", None
    ]  # fmt: skip


def test_a_box_to_tick_is_no_word() -> None:
    assert plain_task("[ ] Tell the team") == "Tell the team"
    assert plain_task("[x] Done") == "Done"
    assert plain_task("[link] text") == "[link] text"
