"""What the plans of statements depend on, now against an earlier look: indexes, settings, statistics, size. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from fireline.assess import kept
from fireline.assess.checks.indexes import Indexes
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.past import IndexThen, Kept, Past
from fireline.assess.predicates import shape
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed

Kind = Literal["index", "setting", "statistics", "growth"]
ORDER: tuple[Kind, ...] = ("index", "setting", "statistics", "growth")
_SOONER = timedelta(minutes=10)  # trouble begins before somebody hears of it
_GROWN, _PAGES = 1.5, 100


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was. words: the fact; then, now: of a setting; until: the newest look with the old state."""

    kind: Kind
    object: str
    words: str
    table: Table | None = None
    index: IndexThen | None = None
    then: str | None = None
    now: str | None = None
    until: datetime | None = None


def tables_of(snapshot: Snapshot, text: str) -> list[Table]:
    """The tables that a statement names, each once."""
    tables = snapshot.last("tables", Tables)
    if tables is None:
        return []
    found = {table.oid: table for one in shape(text).tables if (table := tables.named(one.name, one.schema))}
    return list(found.values())


def differences(snapshot: Snapshot, text: str, role: str, database: str | None) -> tuple[Difference, ...]:
    """What changed of all that the plan of this statement depends on, the likeliest reason first."""
    past = snapshot.last("past", Past)
    then = _reference(past) if past else None
    if past is None or then is None or (snapshot.server and database != snapshot.server.database):
        return ()
    tables = tables_of(snapshot, text)
    found = [
        *(one for table in tables for one in _indexes(snapshot, past, then, table)),
        *_settings(snapshot, past, then, role, database),
        *(one for table in tables for one in _sizes(snapshot, past, then, table)),
    ]
    return tuple(sorted(found, key=lambda one: ORDER.index(one.kind)))


def _reference(past: Past) -> Kept | None:
    """The newest look before it began, a while before, where there is one."""
    before = past.before
    early = [one for one in before if one.at <= past.began - _SOONER]
    return early[-1] if early else before[-1] if before else None


def _indexes(snapshot: Snapshot, past: Past, then: Kept, table: Table) -> Iterator[Difference]:
    """The indexes that could be used then and can not be now, and that no other one replaces."""
    indexes = snapshot.last("indexes", Indexes)
    if indexes is None or len(indexes.indexes) >= kept.ALL_INDEXES:
        return
    there = {one.shape: one for one in (kept.index_then(table, index) for index in indexes.of(table.oid))}
    usable = {shape for shape, one in there.items() if one.usable}
    for one in then.ground.indexes:
        if one.table != table.path or not one.usable or one.shape in usable:
            continue
        until = _until(past, lambda look, one=one: one in look.ground.indexes)  # type: ignore[misc]
        on = f" on {table.path} ({listed(list(one.columns), 5)})" if one.columns else f" on {table.path}"
        became = "is invalid now" if one.shape in there else "is not there any more"
        words = f"the index {one.name}{on} was usable at {_hour(until)}, and {became}"
        yield Difference("index", f"{table.path}: {one.name}", words, table, one, until=until)


def _settings(snapshot: Snapshot, past: Past, then: Kept, role: str, database: str | None) -> Iterator[Difference]:
    """The settings of the planner that are others now, of the whole server or of who runs it."""
    now, before = kept.settings(snapshot), then.ground.settings
    if not now or not before:
        return
    for name in sorted(now.keys() | before.keys()):
        whose, _, bare = name.rpartition("\t")
        if whose and not _about(whose, role, database):
            continue
        if now.get(name) == before.get(name) or (not whose and (name not in now or name not in before)):
            continue  # of a whole server's setting that is not told now, nothing is known
        until = _until(past, lambda look, name=name: look.ground.settings.get(name) == before.get(name))  # type: ignore[misc]
        words = f"{bare}{_of(whose)} was {_value(before.get(name))} at {_hour(until)}, and is {_value(now.get(name))}"
        yield Difference("setting", name, words, then=before.get(name), now=now.get(name), until=until)


def _about(whose: str, role: str, database: str | None) -> bool:
    its_role, _, its_database = whose.partition("\t")
    return its_role in ("", role) and its_database in ("", database)


def _of(whose: str) -> str:
    role, _, database = whose.partition("\t")
    parts = [f"role {role}" if role else "", f"database {database}" if database else ""]
    return " of " + " in ".join(part for part in parts if part) if whose else ""


def _value(value: str | None) -> str:
    return "not set" if value is None else repr(value)


def _sizes(snapshot: Snapshot, past: Past, then: Kept, table: Table) -> Iterator[Difference]:
    """A table that was analysed since, or that has grown."""
    was, tables = then.tables.get(table.path), snapshot.last("tables", Tables)
    if was is None or tables is None:
        return
    analyzed = table.analyzed.timestamp() if table.analyzed else None
    if analyzed is not None and analyzed != was.analyzed:
        at = datetime.fromtimestamp(analyzed, UTC)
        words = f"the planner's figures of {table.path} were taken anew at {_hour(at)}"
        yield Difference("statistics", table.path, words, table)
    pages = tables.pages(table)
    if pages > _GROWN * was.pages and pages - was.pages > _PAGES:
        words = f"{table.path} has {pages:,} pages, and had {was.pages:,} at {_hour(then.at)}"
        yield Difference("growth", table.path, words, table, until=_until(past, lambda look: look is then))


def _until(past: Past, so: Callable[[Kept], bool]) -> datetime | None:
    return next((look.at for look in reversed(past.looks) if so(look)), None)


def _hour(at: datetime | None) -> str:
    return f"{at:%H:%M} UTC" if at else "an earlier look"
