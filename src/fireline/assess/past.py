"""What earlier looks at a target saw of its statements, and of what their plans depend on, as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Key = tuple[int, int, int, bool]  # queryid, userid, dbid, called from within a function


@dataclass(frozen=True, slots=True)
class Counters:
    """What a statement has cost: since its counters began, or, as a difference, in some time."""

    calls: int = 0
    total_ms: float = 0.0
    rows: int = 0
    hit: int = 0
    read: int = 0
    temp: int = 0  # blocks of temporary files, written and read
    jit_ms: float = 0.0
    wal_bytes: int = 0
    since: float | None = None  # when they began, by the server's clock, where told

    @property
    def blocks(self) -> int:
        """Blocks of tables and indexes that it looked at."""
        return self.hit + self.read


@dataclass(frozen=True)
class Known:
    """One statement, apart from what it costs. mark: the same whatever its number, which an upgrade changes."""

    mark: str
    role: str
    database: str | None
    nested: bool
    text: str
    first_at: datetime | None = None  # the first look that kept it

    @property
    def name(self) -> tuple[str, str | None, bool, str]:
        """What tells it from all others, also after an upgrade."""
        return self.role, self.database, self.nested, self.mark


@dataclass(frozen=True)
class IndexThen:
    """One index as it was. shape: the same for two that hold the same, whatever their names."""

    table: str
    name: str
    columns: tuple[str, ...]  # empty where one is an expression
    method: str
    usable: bool
    shape: str
    plain: bool  # its columns and its method are all there is to it


@dataclass(frozen=True)
class Ground:
    """What plans depend on and seldom changes. settings: by name, of a role or a database with whose before it."""

    indexes: tuple[IndexThen, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TableThen:
    """How large a table was, and when it had been analysed, by the server's clock."""

    pages: int
    rows: float
    analyzed: float | None = None


@dataclass(frozen=True)
class Kept:
    """One look. at: by our clock; seen_at and all times of the server: by the server's."""

    at: datetime
    seen_at: datetime
    major: int = 0
    started: datetime | None = None
    reset_at: datetime | None = None
    evicted: int | None = None
    whole: bool = False  # every statement that the server knew is here
    least_ms: float = 0.0  # one that is not here had taken no more in all
    counters: Mapping[Key, Counters] = field(default_factory=dict)
    tables: Mapping[str, TableThen] = field(default_factory=dict)
    ground: Ground = Ground()


@dataclass(frozen=True)
class Past:
    """Looks at one target, the oldest first. began: what was before it counts as before; missing: why there is nothing."""

    began: datetime
    looks: tuple[Kept, ...] = ()
    known: Mapping[Key, Known] = field(default_factory=dict)
    missing: str = ""

    @property
    def before(self) -> tuple[Kept, ...]:
        """The looks before it began."""
        return tuple(one for one in self.looks if one.at <= self.began)
