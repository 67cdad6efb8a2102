"""Every statement of a runbook held against the target: what it says, and why of some it can say nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from postgast import unwrap_node

from fireline.runbook import sqltext
from fireline.runbook.lint.catalog.kinds import Expression, kind_of
from fireline.runbook.lint.catalog.kinds import refused as refuses
from fireline.runbook.lint.catalog.renamed import COLUMNS, FUNCTIONS, RELATIONS, SETTINGS
from fireline.runbook.lint.catalog.scopes import uses
from fireline.runbook.lint.database.own_functions import OWN
from fireline.runbook.lint.rule import Fault, Unknown
from fireline.runbook.lint.sql.mentions import made_by, turns
from fireline.runbook.lint.sql.places import Place
from fireline.runbook.lint.sql.statements import Piece, Script
from fireline.runbook.lint.subject import Subject
from fireline.runbook.lint.world import Judged, Patient, Problem

NO_TARGET = "no target was named"
_SHOWN = 60
_SLASHES = 2  # of postgresql://host
_LEAVES = ("\\c", "\\connect", "\\i", "\\ir", "\\include", "\\include_relative", "\\gexec")
_NAMED = ("function", "table", "column", "schema", "type", "extension", "other", "privilege")
# The databases that every server has, and the one that is none: the console of PgBouncer.
_MAINTENANCE, _POOLER = ("postgres", "template1"), "pgbouncer"
_TAKES_VALUE = {"-d", "--dbname", "-h", "--host", "-p", "--port", "-U", "--username", "-c", "--command", "-f", "--file", "-v",
                "--set", "--variable", "-o", "--output", "-F", "-R", "-P", "--pset", "-L", "--log-file", "-T"}  # fmt: skip


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
        why = _outside(script, patient, targets)
        turned: str | None = None
        for piece in script.pieces:
            if piece.node is None:
                continue  # sql-syntax tells of it
            if patient is None or why is not None:
                yield unknown(piece, why or NO_TARGET)
                continue
            yield _hold(piece, patient, made, turned)
            turned = turned or turns(piece.node)


def _hold(piece: Piece, patient: Patient, made: dict[str, int], turned: str | None) -> Held | Unknown:
    statement = piece.statement
    if statement is None or statement.format is not None:
        return unknown(piece, "which names are in it is known only when it is run")
    judged = patient.judge(statement.sql, len(statement.binds))
    said = judged.problem
    if said is None:
        return Held(piece, judged, patient, piece.place)
    place = piece.of_sent(said.position) if said.position is not None else piece.place
    last = (said.name or "").rpartition(".")[2]
    if said.kind in _NAMED and (line := made.get(last) or made.get(said.name or "")) is not None:
        return unknown(piece, f"{last} is made by the runbook itself, at line {line}")
    if said.kind in _NAMED and turned is not None:
        return unknown(piece, f"a statement before it sets {turned}")
    if said.kind == "privilege" and _as_somebody(piece.script):
        return unknown(piece, "as whom psql runs it is not known")
    return Held(piece, judged, patient, place)


def unknown(piece: Piece, why: str) -> Unknown:
    """A statement that was not judged."""
    text = " ".join(piece.text.split())
    shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return Unknown(piece.place.line, shown, why, piece.key)


def said_elsewhere(problem: Problem, piece: Piece, major: int) -> bool:
    """Whether renamed-column or type-mismatch, which need no database, say the same of the same place, and say more."""
    last = (problem.name or "").rpartition(".")[2]
    if problem.kind == "mismatch":
        return _mismatch_known(piece, major)
    if problem.kind == "column":
        named = {node.relname for _, node in piece.nodes if type(node).__name__ == "RangeVar"}
        changes = [one for one in COLUMNS if one.old.partition(".")[0] in named]
        return last in {one.old.partition(".")[2] for one in changes} | {one.new for one in changes}
    known = {"function": FUNCTIONS, "table": RELATIONS, "other": SETTINGS}.get(problem.kind, ())
    return any(one.old == last and major >= one.since for one in known)


def _mismatch_known(piece: Piece, major: int) -> bool:
    """Whether one of its comparisons is of PostgreSQL's own columns with a constant of another kind."""
    read = uses(piece.node)
    for _, node in piece.nodes:
        if type(node).__name__ != "A_Expr" or not node.HasField("lexpr") or not node.HasField("rexpr"):
            continue
        for side, other in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
            known, constant = kind_of(side, read, major), unwrap_node(other)
            constants = constant.items if type(constant).__name__ == "List" else [constant]
            if known is not None and any(_unfit(known, unwrap_node(one)) for one in constants):
                return True
    return False


def _unfit(known: Expression, constant: Any) -> bool:
    if type(constant).__name__ != "A_Const" or constant.isnull:
        return False
    if constant.HasField("sval"):
        return refuses(known, constant.sval.sval)
    return known.kind in ("moment", "span", "truth", "text")


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


def _outside(script: Script, patient: Patient | None, targets: set[str]) -> str | None:
    """Why a whole text is not for this target, or can not be looked into."""
    if script.open:
        return "what bash puts into it is known only when it is run"
    if patient is None:
        return None
    if "\\" in script.sql and (by_hand := sqltext.read(script.sql).by_hand) and by_hand.split()[0].lower() in _LEAVES:
        return by_hand
    aim = script.step.target if script.step else None
    if aim is not None and len(targets) > 1 and aim != patient.target:
        return f"it is for the target {aim}"
    database = _database(script)
    if database is None or database == patient.target or database == getattr(patient, "database", None):
        return None
    if database in _MAINTENANCE and all(_of_server(piece) for piece in script.pieces):
        return None
    return f"psql connects to the database {database}"


def _database(script: Script) -> str | None:
    """The database that psql names, when that is a plain name."""
    if script.found is None:
        return None
    words, name = list(script.found.call.words), None
    while words:
        word = words.pop(0)
        option, _, value = word.text.partition("=")
        if option == "--dbname" and value:
            name = word.text.partition("=")[2]
        elif word.text in _TAKES_VALUE:
            if words and word.text in ("-d", "--dbname"):
                name = words[0].text if words[0].literal else None
            words = words[1:]
        elif not word.text.startswith("-") and name is None:
            name = word.text if word.literal else None
            break
    if name and "=" in name and "://" not in name:  # host=… dbname=…
        name = next((part.partition("=")[2].strip("'") for part in name.split() if part.startswith("dbname=")), None)
    elif name and "://" in name:
        name = name.partition("://")[2].partition("?")[0].rpartition("/")[2] if name.count("/") > _SLASHES else None
    return name if name and name.replace("_", "").replace("-", "").isalnum() else None


def _of_server(piece: Piece) -> bool:
    """Whether it names nothing but what every database has."""
    named = [node for _, node in piece.nodes if type(node).__name__ == "RangeVar"]
    return all(one.relname.startswith("pg_") and not one.relname.startswith("pg_stat_statements") for one in named)


def _as_somebody(script: Script) -> bool:
    """Whether psql is run as a user of its own."""
    call = script.found.call if script.found else None
    return call is not None and (
        "sudo" in call.through or call.has("-U", "--username") or any(w.text.startswith("-U") for w in call.words)
    )
