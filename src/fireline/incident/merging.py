"""Two incidents that are one, and one that is two: merged and split by a person; Fireline only suggests.

Whoever merges or splits holds intake off and locks the lower number first, so that no two people wait for each other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.errors import Refused, Usage
from fireline.incident import clocks
from fireline.incident.ending import no_runs
from fireline.incident.facts import raise_severity
from fireline.incident.opening import open_incident
from fireline.incident.people import FIRELINE, Actor, need
from fireline.incident.response import acknowledge
from fireline.incident.row import ENDED, REASON, TITLE, Q, answer, lock, must_be_open, name, number, words
from fireline.incident.scheme import Scheme
from fireline.incident.timeline import tell
from fireline.store.connect import Connection, all_rows, one
from fireline.store.wake import wake

MOST = 5  # suggestions at once
DIGITS = 18  # of a number of the store
NAMED = 6  # titles in one sentence
LABELS = (
    "alertname",
    "service",
    "application",
    "cluster",
    "instance",
    "host",
    "database",
    "datname",
)  # tell what it is


def merge(
    conn: Connection, actor: Actor, *, incident: str, into: str, reason: str = "", scheme: Scheme
) -> dict[str, Any]:
    """Merge an incident into another: its alerts move there, its clock stops, and nobody is told of it any more.

    One with a procedure under way is refused: finish or cancel that first.
    """
    need(actor, "responder")
    why = words(reason, "the reason", limit=REASON, required=False, one_line=True)
    row, other = _both(conn, incident, into)
    called, there = name(row["id"]), name(other["id"])
    if row["merged_into"] == other["id"]:
        return answer(row, f"{called} is merged into {there} already.", changed=False)
    must_be_open(row)
    must_be_open(other)
    no_runs(conn, row)
    now = clock.now()
    moved = all_rows(conn, Q["move_alerts"], incident=row["id"], into=other["id"])
    clocks.stop(conn, row["id"], "response", now)
    conn.execute(Q["set_merged"], {"incident": row["id"], "into": other["id"]})
    tell(conn, row["id"], "merged", actor, into=there, alerts=len(moved), reason=why)
    tell(conn, other["id"], "took_in", actor, incident=called, title=row["title"], alerts=len(moved), reason=why)
    _take_over(conn, actor, row, other, scheme, now)
    return answer(row, f"{called} is merged into {there}.", status="dismissed", merged_into=there, alerts=len(moved))


def split(
    conn: Connection, actor: Actor, *, incident: str, alerts: list[str], title: str = "", scheme: Scheme
) -> dict[str, Any]:
    """Split alerts off an incident into one of their own, named by their numbers; at least one stays.

    It is told of as a new one, and acknowledged by whoever splits it off when the old one was acknowledged.
    """
    need(actor, "responder")
    wanted = _numbers(alerts)
    called = words(title, "the title", limit=TITLE, required=False, one_line=True)
    _hold_off(conn)
    row = lock(conn, incident)
    must_be_open(row)
    found = all_rows(conn, Q["alerts_to_split"], incident=row["id"], alerts=wanted)
    _can_be_split(row, wanted, found)
    keys = {alert["group_key"] for alert in found if alert["wanted"]} - {
        alert["group_key"] for alert in found if not alert["wanted"]
    }
    chosen = [alert for alert in found if alert["wanted"]]
    severity = scheme.known(row["severity"])
    since: datetime = min(alert["first_at"] for alert in chosen)
    new = open_incident(
        conn,
        title=called or chosen[0]["title"],
        severity=row["severity"],
        severity_rank=row["severity_rank"],
        severity_reason=f"as {name(row['id'])} is",
        severity_by=row["severity_by"],
        target=chosen[0]["target"] or row["target"],
        group_key=keys.pop() if len(keys) == 1 else None,
        symptom=chosen[0]["title"],
        declared_by=actor,
        detected_at=since,
        response=scheme.response(severity, since) if severity else None,
    )
    conn.execute(Q["adopt_alerts"], {"incident": new, "alerts": [alert["id"] for alert in chosen]})
    titles = [alert["title"] for alert in chosen[:NAMED]]
    tell(conn, row["id"], "split_off", actor, into=name(new), alerts=len(chosen), titles=titles)
    tell(conn, new, "split_from", actor, incident=name(row["id"]), alerts=len(chosen), titles=titles)
    if row["acknowledged_at"]:
        acknowledge(conn, lock(conn, new), actor, clock.now())
    text = f"{name(new)} is split off {name(row['id'])}, with {len(chosen)} of its alerts."
    return answer({"id": new}, text, id=name(new), split_from=name(row["id"]), alerts=len(chosen))


def suggested(conn: Connection, row: DictRow, window: timedelta) -> list[dict[str, Any]]:
    """Open incidents that may be the same one: of its target or with labels in common, begun within the window."""
    if row["status"] in ENDED:
        return []
    near = all_rows(
        conn,
        Q["near_incidents"],
        incident=row["id"],
        since=row["opened_at"] - window,
        until=row["opened_at"] + window,
        labels=list(LABELS),
    )
    found = []
    for other in near:
        because = [f"target {row['target']} too"] if row["target"] and other["target"] == row["target"] else []
        because += other["shared"]
        if because:
            same = {"id": name(other["id"]), "number": other["id"], "title": other["title"]}
            found.append(same | {"severity": other["severity"], "because": ", ".join(because)})
    return found[:MOST]


def _hold_off(conn: Connection) -> None:
    """Wait until intake is between two batches, and keep it there: an alert it is just taking must find its incident."""
    conn.execute(Q["hold_off_intake"])


def _both(conn: Connection, incident: str, into: str) -> tuple[DictRow, DictRow]:
    """Both rows, locked in the order of their numbers, whoever merges which into which."""
    first, second = number(incident), number(into)
    if first == second:
        raise Usage(f"{name(first)} can not be merged into itself", hint="Name the incident that it belongs to.")
    _hold_off(conn)
    rows = {each: lock(conn, each) for each in sorted((first, second))}
    return rows[first], rows[second]


def _take_over(conn: Connection, actor: Actor, row: DictRow, other: DictRow, scheme: Scheme, now: datetime) -> None:
    """What the one brings to the other: its severity when that is worse, and that somebody is at it."""
    severity = scheme.known(row["severity"])
    raise_severity(
        conn,
        other["id"],
        severity=row["severity"],
        severity_rank=row["severity_rank"],
        reason=f"{name(row['id'])} was {row['severity']}",
        actor=actor if row["severity_by"] else FIRELINE,
        response=scheme.response(severity, other["detected_at"]) if severity else None,
    )
    if row["acknowledged_at"] and not other["acknowledged_at"]:
        acknowledge(conn, lock(conn, other["id"]), actor, now)
    if one(conn, Q["look_again"], incident=other["id"], now=now):
        wake(conn, "tell", other["id"])  # a silence that held the others need not hold these
    wake(conn, "surroundings", other["id"])


def _numbers(alerts: list[str]) -> list[int]:
    said = [part for one_said in alerts for part in str(one_said).replace(",", " ").split()]
    if not said or not all(part.isascii() and part.isdigit() and len(part) <= DIGITS for part in said):
        raise Usage(
            "no alerts were named by their numbers", hint="`fireline alert list --search INC-7` lists those of INC-7."
        )
    return sorted({int(part) for part in said})


def _can_be_split(row: DictRow, wanted: list[int], found: list[DictRow]) -> None:
    """Refused when an alert is not of this incident, or none would stay."""
    called, chosen = name(row["id"]), {alert["id"] for alert in found if alert["wanted"]}
    missing = [number for number in wanted if number not in chosen]
    if missing:
        raise Refused(f"alert {missing[0]} does not belong to {called}", hint="Name alerts of this incident.")
    if len(chosen) == len(found):
        raise Refused(f"{called} would keep no alert", hint="Leave at least one, or keep the incident as it is.")
