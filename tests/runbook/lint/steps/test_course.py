"""A copy that one step keeps is known to those behind it."""

from __future__ import annotations

from fireline.runbook.lint.steps.course import course
from tests.runbook.rules.saying import subject_of

PAGE = "# A\n\n1. **Look**\n2. **Verify that there is a backup**\n3. **Create a backup**\n4. **Empty it**\n"


def test_what_was_kept_before_each_step() -> None:
    subject = subject_of(PAGE)
    procedure = subject.book.procedures[0]
    there = course(subject, procedure)
    assert there is course(subject, procedure)
    assert [there.saved_before(step) for step in procedure.steps] == [False, False, True, True]
    assert [one and one.title for one in map(there.taken_before, procedure.steps)] == [
        None,
        None,
        None,
        "Create a backup",
    ]
