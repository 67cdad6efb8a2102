"""What a migration tool noted in its own table since the look before: what is new, what changed, what is gone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from fireline import redact
from fireline.postgres.migrations_seen import MigrationTable

MANY = 10  # and more at once are told as one change
SLACK = timedelta(
    hours=1
)  # that a tool's time may lie before the look in which its line was not yet seen: it commits late

# The columns that say how a migration is called, by tool; the first of which a line has all.
_CALLED = (
    ("app", "name"), ("version", "description"), ("version", "name"), ("migration_name",), ("migration_id",), ("script",),
    ("migration",), ("change",), ("filename", "id"), ("name",), ("MigrationId",), ("version",), ("version_num",),
    ("version_id",), ("hash",), ("id",),
)  # fmt: skip
_TIMES = (
    "applied", "finished_at", "started_at", "installed_on", "tstamp", "committed_at", "executed_at", "applied_on",
    "run_on", "applied_at_utc", "dateexecuted", "migration_time", "end_time",
)  # fmt: skip
_BY = ("installed_by", "committer_name", "created_by", "author")


@dataclass(frozen=True)
class Line:
    """One line of a tool's table. mark: tells it from the others. at: when, as the tool noted it, perhaps without a zone."""

    mark: str
    name: str
    state: str  # applied, failed, not finished, rolled back
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class News:
    """One thing that is new. at: when the tool says that it was, aware; None when it did not say, or can not be right."""

    title: str
    detail: str
    by: str = ""
    at: datetime | None = None


def line(row: Mapping[str, Any]) -> Line:
    """A row of a tool's table."""
    columns = next((names for names in _CALLED if all(row.get(name) not in (None, "") for name in names)), ())
    name = (".".join if columns[:1] == ("app",) else " ".join)([str(row[column]) for column in columns]) or "?"
    number = next((str(row[key]) for key in ("id", "installed_rank") if row.get(key) is not None), "")
    by = next((str(row[key]) for key in _BY if row.get(key)), "")
    called = redact.text(name)
    return Line(f"{number} {called}".strip(), called, _state(row), redact.text(by), _noted(row))


def _state(row: Mapping[str, Any]) -> str:
    if row.get("rolled_back_at") or row.get("is_applied") is False:
        return "rolled back"
    if row.get("success") is False:
        return "failed"
    if row.get("dirty") is True or ("finished_at" in row and not row["finished_at"]):
        return "not finished"
    return "applied"


def _noted(row: Mapping[str, Any]) -> datetime | None:
    """The time that the tool noted; one without a zone is left so, but where its name says that it is in UTC."""
    for name in ("rolled_back_at", *_TIMES):
        if isinstance(row.get(name), str):
            try:
                at = datetime.fromisoformat(row[name])
            except ValueError:
                continue
            return at.replace(tzinfo=UTC) if name.endswith("_utc") and at.tzinfo is None else at
    return None


def tool(table: MigrationTable, rows: Sequence[Mapping[str, Any]]) -> str:
    """Whose table this is; several tools share one name, and where nothing tells them apart it is the table's own."""
    if "," not in table.tool:
        return table.tool
    if table.schema == "supabase_migrations":
        return "Supabase"
    if any("dirty" in row for row in rows):
        return "golang-migrate"
    return "Ecto" if any("inserted_at" in row for row in rows) else table.full


def news(
    tool: str, before: Mapping[str, str], lines: Sequence[Line], *, since: datetime, until: datetime, zone: tzinfo
) -> list[News]:
    """What a table says that it did not say before. before: mark -> state. zone: of times that have none."""
    now = {one.mark: one.state for one in lines}
    if now == dict(before):
        return []
    if tool in ("Alembic", "golang-migrate"):  # they keep no history, only where they are
        where = [_said(one.name, one.state) for one in lines]
        was = [_said(mark, state) for mark, state in before.items()]
        return [News(f"{tool} is at {_list(where)}, before at {_list(was)}", "")]
    fresh = [one for one in lines if before.get(one.mark) != one.state]
    gone = [mark for mark in before if mark not in now]
    return [*_told(tool, fresh, since, until, zone), *_gone(tool, gone)]


def _told(tool: str, fresh: Sequence[Line], since: datetime, until: datetime, zone: tzinfo) -> Iterator[News]:
    if len(fresh) > MANY:
        wrong = [_said(one.name, one.state) for one in fresh if one.state != "applied"]
        names = "; ".join([*wrong, *(one.name for one in fresh if one.state == "applied")])
        yield News(f"{len(fresh)} migrations noted ({tool})", names)
        return
    for one in fresh:
        at = _moment(one.at, since, until, zone)
        noted = f"noted as of {one.at.isoformat(' ', 'seconds')}" if one.at and at is None else ""
        words = {"applied": "applied", "not finished": "began and has not finished"}.get(one.state, one.state)
        yield News(f"Migration {one.name} {words} ({tool})", noted, one.by, at)


def _gone(tool: str, marks: Sequence[str]) -> Iterator[News]:
    if len(marks) > MANY:
        yield News(f"{len(marks)} migrations are noted no more ({tool})", "; ".join(marks))
        return
    for mark in marks:
        yield News(f"Migration {mark} is noted no more ({tool})", "it was rolled back, or its line was deleted")


def _moment(at: datetime | None, since: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """The tool's time if it can be right: between the look that did not see it and the one that did."""
    for possible in [] if at is None else [at] if at.tzinfo else [at.replace(tzinfo=zone), at.replace(tzinfo=UTC)]:
        if since - SLACK <= possible <= until:
            return possible
    return None


def _said(name: str, state: str) -> str:
    return name if state == "applied" else f"{name} ({state})"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
