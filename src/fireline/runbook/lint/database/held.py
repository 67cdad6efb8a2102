"""Every statement of a runbook held against the target: what it says, and why of some it can say nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fireline.postgres.syntax import looks_like_a_read
from fireline.runbook.lint.database.aim import as_somebody, outside
from fireline.runbook.lint.database.own_functions import OWN
from fireline.runbook.lint.rule import Fault, Unknown
from fireline.runbook.lint.sql.mentions import made_by, turns
from fireline.runbook.lint.sql.places import Place
from fireline.runbook.lint.sql.statements import Piece
from fireline.runbook.lint.subject import Subject
from fireline.runbook.lint.world import Judged, Patient, Problem

NO_TARGET = "no target was named"
_SHOWN = 60
_NAMED = ("function", "table", "column", "schema", "type", "extension", "other", "privilege")


@dataclass(frozen=True)
class Held:
    """One statement that the target judged, and where its fault stands."""

    piece: Piece
    judged: Judged
    patient: Patient
    place: Place

    @property
    def problem(self) -> Problem:
        """What is wrong; only asked of one that has a problem."""
        assert self.judged.problem is not None
        return self.judged.problem

    def fault(self, message: str, suggestion: str) -> Fault:
        """A fault at its place, with the server's words as evidence, as far as the message does not have them."""
        words = [self.problem.message] if self.problem.message not in message else []
        words += [f"({self.problem.hint})"] if self.problem.hint else []
        evidence = f"PostgreSQL {self.patient.major}: {' '.join(words)}" if words else ""
        return Fault(self.place.line, message, self.place.column, self.piece.key, evidence, suggestion)


def refused(subject: Subject, wanted: Callable[[Problem, Piece], bool]) -> Iterator[Held | Unknown]:
    """The statements whose problem is one of those wanted, and all that nobody can judge."""
    for one in held(subject):
        if isinstance(one, Unknown):
            yield one
        elif one.judged.unknown is not None:
            yield unknown(one.piece, one.judged.unknown)
        elif one.judged.problem is not None and wanted(one.judged.problem, one.piece):
            yield one


def taken(subject: Subject) -> Iterator[Held | Unknown]:
    """The statements that the target takes, and all that nobody can judge."""
    for one in held(subject):
        if isinstance(one, Unknown):
            yield one
        elif one.judged.unknown is not None:
            yield unknown(one.piece, one.judged.unknown)
        elif one.judged.problem is None:
            yield one


def held(subject: Subject) -> tuple[Held | Unknown, ...]:
    """Every statement with what the target says of it; unknown where it was not asked."""
    if "held" not in subject.memory:
        subject.memory["held"] = tuple(_held(subject))
    found: tuple[Held | Unknown, ...] = subject.memory["held"]
    return found


def _held(subject: Subject) -> Iterator[Held | Unknown]:
    patient = subject.world.target
    made = _made(subject)
    targets = {step.target for one in subject.book.procedures for step in one.steps if step.target}
    for script in subject.scripts:
        why = outside(script, patient, targets)
        turned: str | None = None
        changing = script.door == "fence" and any(_changes(piece) for piece in script.pieces)
        for piece in script.pieces:
            if piece.node is None:
                continue  # sql-syntax tells of it
            if patient is None or why is not None:
                yield unknown(piece, why or NO_TARGET)
                continue
            yield _hold(piece, patient, made, turned, changing=changing)
            turned = turned or turns(piece.node)


def _changes(piece: Piece) -> bool:
    """Whether its whole fence is run by the role that changes, because of this statement."""
    return piece.statement is not None and not looks_like_a_read(piece.statement.sql)


def _hold(
    piece: Piece, patient: Patient, made: dict[str, int], turned: str | None, *, changing: bool
) -> Held | Unknown:
    statement = piece.statement
    if statement is None or statement.format is not None:
        return unknown(piece, "which names are in it is known only when it is run")
    judged = patient.judge(statement.sql, len(statement.binds), changing=changing)
    said = judged.problem
    if said is None:
        return Held(piece, judged, patient, piece.place)
    place = piece.of_sent(said.position) if said.position is not None else piece.place
    last = (said.name or "").rpartition(".")[2]
    if said.kind in _NAMED and (line := made.get(last) or made.get(said.name or "")) is not None:
        return unknown(piece, f"{last} is made by the runbook itself, at line {line}")
    if said.kind in _NAMED and turned is not None:
        return unknown(piece, f"a statement before it sets {turned}")
    if said.kind == "privilege" and as_somebody(piece.script):
        return unknown(piece, "as whom psql runs it is not known")
    return Held(piece, judged, patient, place)


def unknown(piece: Piece, why: str) -> Unknown:
    """A statement that was not judged."""
    text = " ".join(piece.text.split())
    shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return Unknown(piece.place.line, shown, why, piece.key)


def _made(subject: Subject) -> dict[str, int]:
    """The names that the runbook's own statements make, each with its line; what `fireline postgres install` brings too."""
    made: dict[str, int] = {}
    for script in subject.scripts:
        for piece in script.pieces:
            for name in made_by(piece.node) if piece.node is not None else ():
                made.setdefault(name, piece.place.line)
    for command in subject.commands:
        for call in command.calls:
            if call.name == "fireline" and call.plain[:2] == ("postgres", "install"):
                for name in OWN:
                    made.setdefault(name, command.line(call.line))
    return made
