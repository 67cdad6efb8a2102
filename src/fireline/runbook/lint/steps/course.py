"""What the steps of a procedure did before one of them: a copy that was kept. Each step is asked once."""

from __future__ import annotations

from fireline.runbook.document import Procedure, Step
from fireline.runbook.lint.steps.purpose import backs_up, takes_backup
from fireline.runbook.lint.subject import Subject


class Course:
    """One procedure from its first step to its last."""

    def __init__(self, procedure: Procedure) -> None:
        self.procedure = procedure
        self._first: int | None = None  # the step after which a copy is in somebody's hand
        self._taken: dict[str, Step | None] = {}  # by key: the last step before that takes one
        self._place: dict[str, int] = {}
        taken: Step | None = None
        for number, step in enumerate(procedure.steps):
            self._place.setdefault(step.key, number)
            self._taken.setdefault(step.key, taken)
            if self._first is None and backs_up(step):
                self._first = number
            taken = step if takes_backup(step) else taken

    def saved_before(self, step: Step) -> bool:
        """Whether there is a copy when a step begins, or the step makes one before it acts."""
        return step.before is not None or (self._first is not None and self._first < self._place[step.key])

    def taken_before(self, step: Step) -> Step | None:
        """The last step before that takes a backup."""
        return self._taken[step.key]


def course(subject: Subject, procedure: Procedure) -> Course:
    """The course of a procedure; several rules ask for the same one."""
    known: dict[int, Course] = subject.memory.setdefault("courses", {})
    if id(procedure) not in known:  # which the course keeps, so that no other gets its number
        known[id(procedure)] = Course(procedure)
    return known[id(procedure)]
