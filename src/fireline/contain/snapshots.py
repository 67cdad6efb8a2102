"""The recorded states of targets, looked up and compared: with each other, or with the target as it is now."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from psycopg.rows import DictRow

from fireline.contain import state
from fireline.contain.difference import compare
from fireline.errors import NotFound, Refused, Usage
from fireline.incident import row as incident_row
from fireline.incident.people import Actor
from fireline.run.world import World
from fireline.store.connect import Connection, all_rows, one, queries

Q = queries("fireline.contain")

_WORDS = ("latest", "previous", "now")
_NAMED = f"It is a number, or one of: {', '.join(_WORDS)}."
_MAKE = "`fireline contain snapshot` records one."
_LARGEST = 2**63 - 1


def list_snapshots(
    conn: Connection, actor: Actor, *, target: str | None = None, incident: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """The recorded states, newest first."""
    del actor
    number = incident_row.get(conn, incident)["id"] if incident else None
    rows = all_rows(conn, Q["list_snapshots"], target=target, incident=number, limit=max(1, min(limit, 1_000)))
    return [
        _head(row) | {key: row[key] for key in ("version", "database", "fingerprint", "counts", "unknown")}
        for row in rows
    ]


def show_snapshot(
    conn: Connection, actor: Actor, *, snapshot: str = "latest", target: str | None = None, part: str | None = None
) -> dict[str, Any]:
    """One recorded state: the whole of it, or one part such as settings."""
    del actor
    row = _recorded(conn, snapshot, target)
    payload = row["payload"]
    if part is not None:
        key = part.replace("-", "_").replace(" ", "_")
        known = sorted(key for key, value in payload.items() if isinstance(value, dict | list))
        if key not in known:
            raise NotFound(f"snapshot {row['id']} has no part {part!r}", hint=f"It has: {', '.join(known)}.")
        payload = {key: payload[key]}
    return _head(row) | {"state": payload}


def diff_snapshots(
    conn: Connection,
    actor: Actor,
    world: World,
    *,
    before: str = "latest",
    after: str = "now",
    target: str | None = None,
) -> dict[str, Any]:
    """What changed between two states; each is a number, `latest`, `previous`, or `now` for the target as it is."""
    del actor
    if before.casefold() == "now":
        raise Usage("`now` can only stand second", hint="As in `fireline snapshot diff latest now`.")
    old = _recorded(conn, before, target)
    if after.casefold() == "now":
        found = state.read(world.target(old["target"]))
        new = {"snapshot": None, "target": old["target"], "made_at": found["taken_at"]}
    else:
        row = _recorded(conn, after, target or old["target"])
        found, new = row["payload"], _head(row)
    if old["target"] != new["target"]:
        raise Refused(
            f"snapshot {old['id']} is of target {old['target']}, and the other of {new['target']}",
            hint="`fireline snapshot list --target T` shows those of one.",
        )
    groups = [asdict(group) for group in compare(old["payload"], found)]
    return {"before": _head(old), "after": new, "target": old["target"], "groups": groups}


def _recorded(conn: Connection, named: str, target: str | None) -> DictRow:
    """The row that a number or a word names."""
    word = named.strip().casefold()
    if word in ("latest", "previous"):
        ids = [row["id"] for row in all_rows(conn, Q["recent_snapshots"], target=target)]
        place = _WORDS.index(word)
        if len(ids) <= place:
            raise NotFound(f"there is no {word} snapshot{f' of {target}' if target else ''}", hint=_MAKE)
        number = int(ids[place])
    elif word.isdecimal() and int(word) <= _LARGEST:
        number = int(word)
    else:
        raise Usage(f"{named[:40]!r} names no recorded state", hint=_NAMED)
    row = one(conn, Q["one_snapshot"], id=number)
    if row is None:
        raise NotFound(f"there is no snapshot {number}", hint="`fireline snapshot list` lists those there are.")
    return row


def _head(row: DictRow) -> dict[str, Any]:
    """Which one it is."""
    incident = incident_row.name(row["incident_id"]) if row["incident_id"] else None
    return {
        "snapshot": row["id"],
        "target": row["target"],
        "made_at": row["made_at"],
        "incident": incident,
        "run": row["run"],
    }
