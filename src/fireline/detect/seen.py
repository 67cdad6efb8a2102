"""A look at what migrations a target has noted and how it is set; what is new since the look before becomes a change, once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.detect import applied, changes, configured
from fireline.detect.source import key
from fireline.errors import Refused, TargetUnavailable
from fireline.postgres import migrations_seen
from fireline.postgres.connect import Connection as Patient
from fireline.postgres.connect import Target, connect, identity
from fireline.settings import Settings
from fireline.store.connect import Connection, Store, all_rows, one, queries
from fireline.store.wake import wake

Q = queries("fireline.detect")

SOURCE = "fireline"
MOST_LINES = 5_000  # of a tool's table; of a longer one nothing is said
_FRESH = timedelta(seconds=15)  # a look that young is not taken again
_TIME_LIMIT = timedelta(seconds=5)  # of one question
_LOCK_LIMIT = timedelta(milliseconds=100)
_PATIENCE_SECONDS = 10.0  # of a look
_WHERE = "SELECT oid::text AS number, pg_catalog.current_setting('TimeZone') AS zone FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
_LOADED = "SELECT extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_conf_load_time()) AS seconds"

Part = dict[str, Any]


def sweep(store: Store, settings: Settings, targets: Mapping[str, Target]) -> None:
    """Wake a worker for each target that was not looked at for as long as the policy says."""
    every = settings.policy.look_every
    if not every or not targets:
        return
    with store.transaction() as conn:
        since = clock.now() - every
        lately = {row["target"] for row in all_rows(conn, Q["seen_lately"], since=since, targets=sorted(targets))}
        for name in sorted(targets.keys() - lately):
            wake(conn, "seen", name)


def ask_for_incident(store: Store, targets: Mapping[str, Target], incident: int) -> None:
    """Wake a worker for the target of an incident: what was changed a minute before it must be on its page."""
    with store.transaction() as conn:
        row = one(conn, Q["target_of_incident"], incident=incident)
        if row and row["target"] in targets:
            wake(conn, "seen", row["target"])


def look(store: Store, target: Target | None) -> None:
    """Look at a target and write down what is new; one that can not be reached is looked at again when it is due."""
    if target is None:
        return
    asked_at = clock.now()
    with store.transaction() as conn:
        if one(conn, Q["try_to_see"], target=target.name, now=asked_at, fresh=asked_at - _FRESH) is None:
            return  # another has just begun
    try:
        found = read(target)
    except (TargetUnavailable, Refused):
        return
    with store.transaction() as conn:
        keep(conn, target.name, asked_at, found)


def read(target: Target) -> Part:
    """Everything that is compared; None for what could not be read now, which stays as it was seen last."""
    ends = time.monotonic() + _PATIENCE_SECONDS
    found: Part = {"migrations": None, "settings": None, "overrides": None, "place": "", "zone": "UTC", "loaded": None}
    with connect(target, autocommit=True, statement_timeout=_TIME_LIMIT, lock_timeout=_LOCK_LIMIT, jit=False) as conn:
        where = conn.execute(_WHERE).fetchone() or {"number": "", "zone": "UTC"}
        found |= {"place": f"{identity(conn).system_identifier}/{where['number']}", "zone": where["zone"]}
        found["settings"] = _unless_refused(conn, configured.settings)
        found["overrides"] = _unless_refused(conn, configured.overrides)
        loaded = _unless_refused(conn, lambda conn: conn.execute(_LOADED).fetchone())
        found["loaded"] = float(loaded["seconds"]) if loaded else None
        tables = _unless_refused(conn, migrations_seen.tables)
        if tables is not None:
            found["migrations"] = {table.full: _table(conn, table, ends) for table in tables}
    return found


def _table(conn: Patient, table: migrations_seen.MigrationTable, ends: float) -> Part | None:
    """The lines of a tool's table; None when it is locked, hidden from our role, too long, or there is no time left."""
    if time.monotonic() > ends:
        return None
    rows = _unless_refused(conn, lambda conn: migrations_seen.last(conn, table, MOST_LINES + 1))
    if rows is None or len(rows) > MOST_LINES:
        return None
    return {"tool": applied.tool(table, rows), "lines": [applied.line(row) for row in rows]}


def _unless_refused(conn: Patient, question: Callable[[Patient], Any]) -> Any:
    try:
        with conn.transaction():
            return question(conn)
    except psycopg.Error:
        if conn.closed:
            raise
        return None


def keep(conn: Connection, target: str, asked_at: datetime, found: Part) -> None:
    """Compare with what was seen before, write down what is new, and keep what was seen; the first look finds nothing new."""
    row = one(conn, Q["lock_seen"], target=target)
    if row is None or (row["taken_at"] is not None and row["taken_at"] >= asked_at):
        return  # a later look was quicker
    before: Part = row["state"] or {}
    if _elsewhere(before.get("place", ""), found["place"]):
        title = f"{target} is another database now"
        detail = "Its identifier is not that of the look before: it was restored or replaced, or the settings lead elsewhere."
        since = datetime.fromisoformat(before["at"])
        _change(conn, target, asked_at, 0, "other", title, detail=detail, not_before=since, at=asked_at)
        before = {}
    number = 0
    for number, told in enumerate(_news(before, found, asked_at), start=1):
        _change(conn, target, asked_at, number, **told)
    state = _merged(before, found, asked_at)  # every text of it is without secrets already
    conn.execute(Q["keep_seen"], {"target": target, "taken_at": asked_at, "state": Jsonb(state)})


def _elsewhere(before: str, now: str) -> bool:
    """Whether another database answers; the identifier of the server is hidden from some roles, and then not compared."""
    (server, _, number), (its_server, _, its_number) = before.partition("/"), now.partition("/")
    return bool(before) and (number != its_number or bool(server and its_server and server != its_server))


def _change(conn: Connection, target: str, seen_at: datetime, number: int, kind: str, title: str, **told: Any) -> None:
    once = key(SOURCE, f"{target} {seen_at.isoformat()} {number}")
    told["detail"] = redact.text(told.get("detail", ""))[:4000]
    changes.keep(
        conn,
        kind=kind,
        source=SOURCE,
        target=target,
        title=redact.text(title)[:400],
        seen_at=seen_at,
        once=once,
        **told,
    )


def _news(before: Part, found: Part, asked_at: datetime) -> Iterator[dict[str, Any]]:
    """What is new, each as a change: with the time that was noted, else with those of the two looks."""
    zone = _zone(found["zone"])
    known: Part = before.get("migrations") or {}
    tables: Part = found["migrations"] or {}
    for name, table in tables.items() if before.get("migrations") is not None else ():
        was = known.get(name, {"at": before["at"], "lines": {}})
        if table is None or was is None:
            continue  # unknown now, or at all looks before
        since = datetime.fromisoformat(was["at"])
        new = applied.news(table["tool"], was["lines"], table["lines"], since=since, until=asked_at, zone=zone)
        for one_new in new:
            when = {"at": one_new.at} if one_new.at else {"not_before": since, "at": asked_at}
            detail = "; ".join(part for part in (one_new.detail, f"in {name}") if part)
            yield {"kind": "migration", "title": one_new.title, "detail": detail, "by": one_new.by, **when}
    for part, compare in (("settings", configured.different), ("overrides", configured.different_overrides)):
        if before.get(part) and found[part] is not None:
            since = datetime.fromisoformat(before[part]["at"])
            new_ones = list(compare(before[part]["values"], found[part]))
            yield from _settings(new_ones, since, asked_at, found["loaded"])


def _settings(
    new: list[configured.News], since: datetime, asked_at: datetime, loaded: float | None
) -> Iterator[dict[str, Any]]:
    """Settings that are different; one that came by a file was there when the files were read last, at the latest."""
    by_file = asked_at - timedelta(seconds=loaded) if loaded is not None else asked_at
    latest = by_file if since <= by_file <= asked_at else asked_at
    if len(new) > applied.MANY:
        detail = "; ".join(one_new.title for one_new in new)
        yield {"kind": "setting", "title": f"{len(new)} settings are different", "detail": detail, "not_before": since, "at": asked_at}  # fmt: skip
        return
    for one_new in new:
        at = latest if one_new.loaded else asked_at
        yield {"kind": "setting", "title": one_new.title, "detail": one_new.detail, "not_before": since, "at": at}


def _merged(before: Part, found: Part, asked_at: datetime) -> Part:
    """What is kept: what was read now, and for what was not what was read last, with its own time."""
    at = asked_at.isoformat()
    kept: Part = {"at": at, "place": found["place"]}
    for part in ("settings", "overrides"):
        kept[part] = {"at": at, "values": found[part]} if found[part] is not None else before.get(part)
    if found["migrations"] is None:
        return kept | {"migrations": before.get("migrations")}
    known = before.get("migrations") or {}
    kept["migrations"] = {
        name: {"at": at, "lines": {line.mark: line.state for line in table["lines"]}} if table else known.get(name)
        for name, table in found["migrations"].items()
    }
    return kept


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
