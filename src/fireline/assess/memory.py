"""What looks saw of the statements, kept in the store for a few days, and brought back for the next look."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, astuple
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.assess import kept
from fireline.assess.checks.statements import Statements
from fireline.assess.past import Counters, Ground, IndexThen, Kept, Key, Known, Past, TableThen
from fireline.assess.snapshot import Snapshot
from fireline.errors import StoreUnavailable
from fireline.store.connect import Connection, Store, all_rows, one, queries

Q = queries("fireline.assess")

LOOKS_KEPT, STATEMENTS_KEPT = timedelta(days=3), timedelta(days=5)
FORM = 1  # of what is kept; raised when its shape changes, and looks of another form are passed over
BEFORE = 25  # looks that tell what is usual
APART = timedelta(seconds=20)  # between two that are kept; and so old is the newest that now is compared with
AWAY = "the store, which keeps earlier looks, does not answer: {}"
FRESH = timedelta(hours=24)  # an incident that began longer ago says nothing of what was before


def keep(conn: Connection, target: str, snapshot: Snapshot) -> None:
    """Keep what a look saw of the statements; nothing, when it saw none or another was kept a moment ago."""
    look = kept.of(snapshot)
    newest = one(conn, Q["newest_statement_look"], target=target)
    if look is None or (newest is not None and newest["taken_at"] > look.at - APART):
        return
    ids = _ids(conn, target, snapshot, look.at)
    ground = json.dumps(asdict(look.ground), sort_keys=True)
    row = {
        "target": target,
        "at": look.at,
        "server": Jsonb(_server(look)),
        "figures": Jsonb({str(ids[key]): astuple(counters) for key, counters in look.counters.items() if key in ids}),
        "tables": Jsonb({path: astuple(table) for path, table in look.tables.items()}),
        "ground": hashlib.sha256(ground.encode()).hexdigest(),
    }
    conn.execute(Q["keep_ground"], {**row, "body": ground, "stale": look.at - timedelta(days=1)})
    conn.execute(Q["keep_statement_look"], row)
    forget(conn)


def forget(conn: Connection) -> None:
    """Let go of what is too old."""
    now = clock.now()
    conn.execute(Q["forget_statement_looks"], {"before": now - LOOKS_KEPT})
    conn.execute(Q["forget_statements"], {"before": now - STATEMENTS_KEPT})
    conn.execute(Q["forget_grounds"], {"before": now - STATEMENTS_KEPT})


def _ids(conn: Connection, target: str, snapshot: Snapshot, at: datetime) -> dict[Key, int]:
    """The number of each statement in the store; one that is seen for the first time gets one, with its text."""
    seen = snapshot.last("statements", Statements)
    named = {kept.key_of(each): kept.known(each) for each in seen.statements if each.text} if seen else {}
    order = sorted(named)  # always the same, so that two at once do not wait for each other
    columns: dict[str, list[Any]] = {
        "queryids": [key[0] for key in order],
        "userids": [key[1] for key in order],
        "dbids": [key[2] for key in order],
        "nested": [key[3] for key in order],
        "roles": [named[key].role for key in order],
        "databases": [named[key].database for key in order],
        "marks": [named[key].mark for key in order],
        "texts": [redact.text(named[key].text) for key in order],
    }
    conn.execute(Q["keep_statements"], {**columns, "target": target, "at": at, "stale": at - timedelta(days=1)})
    rows = all_rows(conn, Q["statement_ids"], target=target, queryids=columns["queryids"])
    return {_key(row): row["id"] for row in rows}


def _key(row: DictRow) -> Key:
    return row["queryid"], row["userid"], row["dbid"], row["nested"]


def _server(look: Kept) -> dict[str, Any]:
    times = {name: getattr(look, name) for name in ("seen_at", "started", "reset_at")}
    told: dict[str, Any] = {"form": FORM} | {
        name: at.astimezone(UTC).isoformat() if at else None for name, at in times.items()
    }
    return told | {name: getattr(look, name) for name in ("major", "evicted", "whole", "least_ms")}


def recall(conn: Connection, target: str, began: datetime) -> Past:
    """What earlier looks saw: those before a moment, which tell what is usual, and the newest since."""
    asked = {"target": target, "form": FORM, "began": began, "before": BEFORE, "latest": clock.now() - APART}
    rows = all_rows(conn, Q["earlier_looks"], **asked)
    ids = sorted({int(number) for row in rows for number in row["figures"]})
    statements = {row["id"]: row for row in all_rows(conn, Q["statements_kept"], ids=ids)}
    hashes = sorted({row["ground"] for row in rows})
    grounds = {
        row["hash"]: _ground(row["body"]) for row in all_rows(conn, Q["grounds_kept"], target=target, hashes=hashes)
    }
    keys = {number: _key(row) for number, row in statements.items()}
    looks = tuple(_look(row, keys, grounds) for row in rows)
    return Past(began, looks, {keys[number]: _known(row) for number, row in statements.items()})


def _look(row: DictRow, keys: Mapping[int, Key], grounds: Mapping[str, Ground]) -> Kept:
    server = row["server"]
    times = {name: datetime.fromisoformat(server[name]) if server[name] else None for name in ("started", "reset_at")}
    return Kept(
        at=row["taken_at"],
        seen_at=datetime.fromisoformat(server["seen_at"]),
        major=server["major"],
        evicted=server["evicted"],
        whole=server["whole"],
        least_ms=server["least_ms"],
        counters={keys[int(n)]: Counters(*values) for n, values in row["figures"].items() if int(n) in keys},
        tables={path: TableThen(*values) for path, values in row["tables"].items()},
        ground=grounds.get(row["ground"], Ground()),
        **times,
    )


def _ground(body: dict[str, Any]) -> Ground:
    indexes = (IndexThen(**{**each, "columns": tuple(each["columns"])}) for each in body["indexes"])
    return Ground(tuple(indexes), body["settings"])


def _known(row: DictRow) -> Known:
    return Known(row["mark"], row["role"], row["database"], row["nested"], row["text"], row["first_at"])


def earlier(store: Store, target: str, since: timedelta, start: datetime | None = None) -> Past:
    """What earlier looks saw, for one who asks now; never fails: where there is none it says why.

    What was before is what was before `start`; without it, before that time ago and before the trouble that an open
    incident is about.
    """
    back = start or clock.now() - since
    try:
        with store.transaction() as conn:
            return recall(conn, target, start or began(conn, target) or back)
    except (StoreUnavailable, psycopg.Error) as away:
        return Past(back, missing=AWAY.format(str(away).strip().partition("\n")[0]))


def began(conn: Connection, target: str) -> datetime | None:
    """When the oldest trouble on a target began that an open incident of the last day is about."""
    row = one(conn, Q["began_on_target"], target=target, since=clock.now() - FRESH)
    at: datetime | None = row["at"] if row else None
    return at
