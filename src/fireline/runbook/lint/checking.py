"""Hold files against every rule: findings in the order of the file, what could not be known, and how much is covered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from fireline import redact, shelf
from fireline.errors import NoProcedure, RunbookError
from fireline.runbook.document import Runbook
from fireline.runbook.lint.ignoring import Ignored, ignored
from fireline.runbook.lint.programs.asking import ahead
from fireline.runbook.lint.rule import Edit, Fault, Rule, Severity, Unknown
from fireline.runbook.lint.subject import Subject
from fireline.runbook.lint.world import World
from fireline.runbook.parse import parse_text, text_of

UNREADABLE = "unreadable"
_RANK = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Finding:
    """A fault with its file and rule."""

    file: str
    rule: str
    severity: Severity
    line: int
    column: int
    step: str | None
    message: str
    evidence: str
    suggestion: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Coverage:
    """How far a runbook is from prose to proof; counts of steps."""

    steps: int = 0
    manual: int = 0
    runnable: int = 0
    checked: int = 0  # runnable, and nothing of it stayed unknown
    drilled: int = 0
    undo_proven: int = 0

    def __add__(self, other: Coverage) -> Coverage:
        mine, theirs = asdict(self), asdict(other)
        return Coverage(**{key: mine[key] + theirs[key] for key in mine})


@dataclass(frozen=True)
class Report:
    """All that a lint says."""

    files: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    unknown: tuple[tuple[str, Unknown], ...] = ()  # file and what
    coverage: Coverage = field(default_factory=Coverage)
    ignored: int = 0  # faults that a comment in the file says to be wanted
    passed_over: tuple[str, ...] = ()  # files of a folder that hold no procedure: documents, and no runbooks
    texts: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)  # each file as it was read

    def json(self) -> dict[str, Any]:
        """As `--format json` says it."""
        return {
            "files": list(self.files),
            "findings": [
                {
                    **{key: value for key, value in asdict(one).items() if key != "edits"},
                    "patch": [asdict(e) for e in one.edits] or None,
                }
                for one in self.findings
            ],
            "unknown": [{"file": file, **asdict(one)} for file, one in self.unknown],
            "coverage": asdict(self.coverage),
            "ignored": self.ignored,
            "passed_over": list(self.passed_over),
        }

    def fails(self, *, strict: bool) -> bool:
        """Whether there is something to mend; strict: also what is only said for information, and what is not known."""
        worst = 2 if strict else 1
        return any(_RANK[one.severity] <= worst for one in self.findings) or (strict and bool(self.unknown))


def rules() -> dict[str, Rule]:
    """Every rule by its id."""
    return {one.id: one for one in shelf.read("fireline.runbook.rules", "rule").values()}


def check(
    files: Iterable[Path], world: World, *, only: Iterable[str] | None = None, loose: Collection[Path] = ()
) -> Report:
    """Read and judge every file. A file that can not be read is a finding, not the end.

    loose: those of the files that nobody named; one without a procedure is passed over.
    """
    texts: dict[Path, str] = {}
    unread: list[Finding] = []
    for file in files:
        try:
            texts[file] = text_of(file)
        except RunbookError as fault:
            unread.append(_unreadable(file, fault))
    report = judge(texts, world, only=only, loose=loose)
    return replace(report, files=(*(one.file for one in unread), *report.files), findings=(*unread, *report.findings))


def judge(
    texts: Mapping[Path, str], world: World, *, only: Iterable[str] | None = None, loose: Collection[Path] = ()
) -> Report:
    """The same of texts as if they stood in these files; lines end with a line feed."""
    wanted = [one for name, one in rules().items() if only is None or name in set(only)]
    books: dict[Path, Runbook] = {}
    findings: list[Finding] = []
    passed: list[str] = []
    for file, text in texts.items():
        try:
            books[file] = parse_text(text, str(file), by_hand=file not in loose)
        except RunbookError as fault:
            if isinstance(fault, NoProcedure) and file in loose:
                passed.append(str(file))
            else:
                findings.append(_unreadable(file, fault))
    unknown: list[tuple[str, Unknown]] = []
    coverage, hushed = Coverage(), 0
    every = tuple(books.values())
    subjects = [
        Subject(file, texts[file], book, world, tuple(other for other in every if other is not book))
        for file, book in books.items()
    ]
    if any("tools" in one.needs for one in wanted):
        ahead(subjects)
    for subject in subjects:
        mine, open_, quiet = _look(subject, wanted)
        findings += mine
        unknown += [(str(subject.path), one) for one in open_]
        coverage, hushed = coverage + _coverage(subject, open_), hushed + quiet
    names = tuple(str(file) for file in texts if str(file) not in passed)
    read = {str(file): texts[file] for file in books}
    return Report(names, tuple(findings), tuple(unknown), coverage, hushed, tuple(passed), read)


def _unreadable(file: Path, fault: RunbookError) -> Finding:
    return Finding(str(file), UNREADABLE, "error", 1, 1, None, fault.message, "", fault.hint or "")


def _look(subject: Subject, wanted: list[Rule]) -> tuple[list[Finding], list[Unknown], int]:
    """What the rules say of one file: findings by line, what is unknown once, and how many were not wanted."""
    off: Ignored = ignored(subject.text)
    found: list[Finding] = []
    unknown: dict[tuple[int, str, str], Unknown] = {}
    quiet = 0
    for rule in wanted:
        for said in _said(rule, subject):
            if isinstance(said, Unknown):
                if off.holds(rule.id, said.line):
                    continue
                unknown.setdefault((said.line, said.what, said.why), said)
            elif said.file is None and off.holds(rule.id, said.line):
                quiet += 1
            else:
                found.append(_finding(subject, rule, said))
    unique = dict.fromkeys(found)
    ordered = sorted(unique, key=lambda one: (one.line, one.column, _RANK[one.severity], one.rule))
    return ordered, sorted(unknown.values(), key=lambda one: one.line), quiet


def _said(rule: Rule, subject: Subject) -> Iterator[Fault | Unknown]:
    """What a rule says; one that breaks takes neither the others nor the page with it, and its file is not clean."""
    try:
        yield from rule.look(subject)
    except Exception as broken:  # noqa: BLE001 - whatever a file may do to a rule that did not foresee it
        yield Unknown(1, rule.id, f"the rule broke: {redact.text(f'{type(broken).__name__}: {broken}')}")


def _finding(subject: Subject, rule: Rule, said: Fault) -> Finding:
    severity = said.severity or rule.severity
    file = said.file or str(subject.path)
    message, evidence = redact.text(said.message), redact.text(said.evidence)  # they may quote a command, or the server
    return Finding(file, rule.id, severity, said.line, said.column, said.step, message, evidence,
                   said.suggestion, said.edits)  # fmt: skip


def _coverage(subject: Subject, unknown: list[Unknown]) -> Coverage:
    steps = [step for procedure in subject.book.procedures for step in procedure.steps]
    runnable = [step for step in steps if step.action is not None or step.alternatives]
    open_ = {one.step for one in unknown}
    return Coverage(
        steps=len(steps),
        manual=len(steps) - len(runnable),
        runnable=len(runnable),
        checked=sum(step.key not in open_ for step in runnable),
        drilled=sum(step.key in subject.world.drilled for step in steps),
        undo_proven=sum(subject.world.drilled.get(step.key, False) for step in steps),
    )


def of_text(
    text: str, path: str = "runbook.md", world: World | None = None, *, only: Iterable[str] | None = None
) -> Iterator[Finding]:
    """The findings in a text, as if it stood in `path`."""
    subject = Subject(Path(path), text, parse_text(text, path), world or World())
    wanted = [one for name, one in rules().items() if only is None or name in set(only)]
    yield from _look(subject, wanted)[0]
