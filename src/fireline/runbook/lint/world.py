"""What a lint may know beyond the file: a database, the programs of this machine, what post-mortems asked for. Each may be absent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Kind = Literal[
    "syntax",
    "function",
    "table",
    "column",
    "schema",
    "type",
    "mismatch",
    "privilege",
    "extension",
    "read_only",
    "other",
]


@dataclass(frozen=True)
class Problem:
    """Why the server would not take a statement. position: of the fault in its text, from 0, when it says one."""

    kind: Kind
    message: str  # the server's, first line
    sqlstate: str
    position: int | None = None
    name: str | None = None  # of what is missing
    hint: str | None = None  # the server's


@dataclass(frozen=True)
class Judged:
    """What the server says of one statement, which was prepared there and never run."""

    problem: Problem | None = None
    unknown: str | None = None  # why it could not be judged
    writes: str | None = None  # why something that looks like a read is none: the volatile function it calls
    reads: tuple[str, ...] = ()  # tables


class Patient(Protocol):
    """A database that statements are held against; nothing is changed in it."""

    name: str  # as it is said in messages: "main", "the database shop", "the schema of migrations/"
    target: str | None  # what --target calls it; None where only a DSN or a folder of migrations does
    major: int  # of the server

    def judge(self, sql: str, binds: int = 0, *, changing: bool = False) -> Judged:
        """One statement with $1…, as the role that will run it; changing: a read too, as it stands among changes."""
        ...

    def columns(self, table: str) -> tuple[str, ...] | None:
        """The columns of a table or view by its name as in the statement; None when it is not there."""
        ...

    def similar(self, kind: Kind, name: str) -> tuple[str, ...]:
        """Names that are there and look like it, the nearest first."""
        ...


@dataclass(frozen=True)
class Known:
    """What is known of one subcommand path of a program. options None = not known."""

    program: str
    version: str | None  # "16.4.0"
    source: Literal["installed", "shipped"]
    path: tuple[str, ...]  # ("update", "rollback") or ("update:rollback",)
    exists: bool | None  # None: nobody can tell
    options: frozenset[str] | None = None
    flags_with_value: frozenset[str] = frozenset()
    subcommands: tuple[str, ...] = ()  # of the deepest one that exists
    passes: bool = False  # whether what follows its first argument belongs to another program: docker run IMAGE …
    abbreviates: bool = False  # whether it takes --verb for --verbose
    plugin: str | None = None  # exists is False, unless a plugin of this name is there where it runs: "kubectl-ctx"
    differs: tuple[str, ...] = ()  # older versions of which the opposite of `exists` is known
    elsewhere: tuple[tuple[str, ...], ...] = ()  # paths that exist and end with the word that does not
    label: str = ""  # of whom this is known: "eas-cli 16.4.0", "supabase 2.1, as documented"


class Tools(Protocol):
    """The programs of this machine, and what is known of those that are not here."""

    def where(self, program: str) -> Path | None:
        """Where it stands on PATH."""
        ...

    def known(self, program: str, words: tuple[str, ...]) -> Known | None:
        """What is known of `program word word …` (words that are no options); None for a program nobody knows.

        `path` is the deepest that exists: words behind it are its arguments, or the first of them is no subcommand.
        """
        ...

    def brings(self, program: str) -> str | None:
        """How it is installed: "npm install --global eas-cli"; None when that is not known."""
        ...

    def learn(self, calls: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Find out beforehand what these calls need: a program and its words."""
        ...


@dataclass(frozen=True)
class Unapplied:
    """A statement of a migration that the scratch server did not take; unknown: why that need not be its own fault."""

    file: str
    line: int
    message: str  # the server's, first line
    sqlstate: str
    statement: str  # shortened
    unknown: str | None = None


@dataclass(frozen=True)
class World:
    """Everything beyond the file. None and empty mean: not known."""

    target: Patient | None = None
    tools: Tools | None = None
    files: bool = True  # whether links and scripts are looked up on disk
    asked: tuple[str, ...] | None = None  # titles of procedures that post-mortems asked for; None without a store
    drilled: Mapping[str, bool] = field(
        default_factory=dict
    )  # key of a step that was rehearsed -> whether its undo was proven
    remedies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # `contain backup` -> its words
    undoable: frozenset[str] = frozenset()  # of those, with an undo
    migrations: tuple[Unapplied, ...] | None = None  # what of --migrations did not apply; None without
