"""What a runbook is once it is read: plain data, with the line in the file that each part came from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Language = Literal["sql", "bash", "text"]
StepKind = Literal["sql", "bash", "manual", "checklist", "decision", "call", "remedy"]


@dataclass(frozen=True)
class Parameter:
    """Something a person must fill in at run time: a placeholder such as BUILD_ID, or a variable such as "$NAME"."""

    name: str  # as the person is asked for it
    kind: Literal["placeholder", "variable"]
    token: str  # the text in the command that it stands for
    type: Literal["text", "number", "identifier"] = "text"
    question: str = ""
    default: str | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    line: int = 0
    pattern: str | None = None  # a value must match all of it, when the front matter says so
    minimum: float | None = None
    maximum: float | None = None
    source: str | None = None  # `from` of the front matter: step.column, whose value is offered


@dataclass(frozen=True)
class Action:
    """One fence: its language, the command as it stands, and the attributes of its info string."""

    language: Language
    command: str
    line: int  # of the first line of the command
    attributes: dict[str, str] = field(default_factory=dict)
    title: str = ""  # the comment or the words that introduce it, for the person who chooses


@dataclass(frozen=True)
class Step:
    """One numbered item, or one fence of a section without a list.

    kind: sql, bash and remedy have an `action` (remedy: a bash fence of plain `fireline …` lines only);
    decision asks yes, no or not possible (and may have an action, run on yes), or, where it has `alternatives`,
    which of them; call names another procedure;
    checklist has nested items that all want a tick; manual is ticked with a note.
    """

    key: str  # stable: the attribute `name`, else slug of heading + slug of title
    title: str
    kind: StepKind
    line: int
    text: str = ""  # the prose, as Markdown
    action: Action | None = None
    alternatives: tuple[Action, ...] = ()  # "Or ...": one is chosen; empty when there is only `action`
    verify: Action | None = None
    undo: Action | None = None
    before: Action | None = None  # captures the state that undo is built from
    undo_text: str | None = None  # the visible **Undo:** text, "none" when said aloud
    checklist: tuple[str, ...] = ()
    decision: str | None = None  # the words that make it one: "if needed", "(if possible)"
    condition: str | None = None  # attribute `if`
    call: str | None = None  # id of a procedure
    reference: str | None = None  # href of "See [X](path)"
    expect: tuple[str, ...] = ()  # the expressions in backticks after **Expect:**
    level: Literal["read", "reversible", "destructive"] | None = None  # as annotated; proved or asked otherwise
    target: str | None = None
    timeout: str | None = None
    retry: int = 0
    approve: str | None = None
    expires: str | None = None
    parameters: tuple[Parameter, ...] = ()
    words: tuple[str, ...] = ()  # folded words of the title, for the remedies' own words
    part_of: str | None = None  # key of the first part, when an item with several fences became several steps


@dataclass(frozen=True)
class Procedure:
    """A section that is carried out. A checklist is one that describes a process and is never matched or started."""

    id: str  # heading path: database-incidents/data-corruption
    title: str
    kind: Literal["procedure", "checklist"]
    line: int
    group: str = ""  # the heading above: Database Incidents
    symptoms: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    text: str = ""
    stop_when: tuple[str, ...] = ()  # the visible **Stop when:** texts
    reference: str | None = None  # href of "See [X](path)" outside the steps
    call: str | None = None  # id of the procedure it leads to, when that was read too


@dataclass(frozen=True)
class Severity:
    """One severity of the runbook, in the order it lists them; rank 0 is the first."""

    id: str  # P0
    name: str  # Critical
    rank: int
    criteria: tuple[str, ...]
    response: str | None  # the runbook's own words: Within 1 hour
    line: int


@dataclass(frozen=True)
class Contact:
    """Somebody the runbook names; `address` is None when nobody filled it in."""

    role: str
    address: str | None
    placeholder: str | None
    line: int


@dataclass(frozen=True)
class Channel:
    """A way of telling people that the runbook names."""

    kind: Literal["slack", "email", "status_page", "users", "other"]
    name: str
    address: str | None
    audience: Literal["internal", "external"]
    text: str
    line: int


@dataclass(frozen=True)
class Link:
    """A link; `resolves` is None when it leads outside the file system."""

    text: str
    href: str
    line: int
    resolves: bool | None


@dataclass(frozen=True)
class Placeholder:
    """Something nobody filled in."""

    text: str
    line: int


@dataclass(frozen=True)
class Runbook:
    """A whole file."""

    path: str
    revision: str  # sha256 of the file's bytes, hex
    title: str
    front_matter: dict[str, Any] = field(default_factory=dict)
    severities: tuple[Severity, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    checklists: tuple[Procedure, ...] = ()
    contacts: tuple[Contact, ...] = ()
    channels: tuple[Channel, ...] = ()
    detection: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    placeholders: tuple[Placeholder, ...] = ()
    notes: tuple[str, ...] = ()  # what was read as text because it could not be understood
    postmortem_within: str | None = None  # the runbook's own words: within 48 hours
    postmortem_for: tuple[str, ...] = ()  # ids of the severities that need one: P0, P1

    def procedure(self, wanted: str) -> Procedure | None:
        """The procedure with this id, or whose title is this, whatever the case."""
        folded = wanted.casefold()
        return next((p for p in self.procedures if folded in (p.id.casefold(), p.title.casefold())), None)

    def json(self) -> dict[str, Any]:
        """The same as plain JSON data."""
        return asdict(self)
