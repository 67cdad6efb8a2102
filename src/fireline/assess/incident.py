"""The looks that go on by themselves: when an incident opens, until its cause is named, and until the cause is gone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline import clock
from fireline.assess import complaint, fenced, memory
from fireline.assess.diagnose import State, ask, causes, conclude
from fireline.assess.log_around import seen_around
from fireline.assess.past import Past
from fireline.assess.snapshot import Asked, Snapshot
from fireline.assess.suffering import suffering
from fireline.assess.turns import FRESH_SECONDS, Busy, in_turn, shared_look
from fireline.errors import FirelineError
from fireline.incident import findings, timeline
from fireline.incident.people import FIRELINE
from fireline.incident.proposal import propose
from fireline.incident.row import ACTIVE, get, lock
from fireline.incident.transitions import advance_status
from fireline.run.scheme import scheme_of
from fireline.run.world import World
from fireline.store.connect import Connection, all_rows, one, queries
from fireline.store.wake import wake

Q = queries("fireline.assess")

_SECOND = timedelta(seconds=1)
FIRST_LOOK = 5 * _SECOND  # after the opening, should the wake-up be lost
LOOK_AGAIN = 30 * _SECOND  # while no cause is named
LOOK_SELDOM = 300 * _SECOND  # once an incident is older than an hour
COME_BACK = (FRESH_SECONDS + 0.5) * _SECOND  # when somebody else is at the target; what he saw is old by then
YOUNG = timedelta(hours=1)
ASK_AGAIN = 10 * _SECOND  # a red probe
ASK_SELDOM = 30 * _SECOND  # a green one
MOST = 10  # of each kind in one sweep
# What a critical cause of a family means for users, in the words that runbooks' criteria use.
_IMPACT = {
    "connections": "Application completely down",
    "integrity": "Data loss or corruption",
    "security": "Security breach",
    "queries": "Performance degradation affecting many users",
}


@dataclass(frozen=True)
class _Look:
    """What one look brought, or why there was none."""

    verdicts: list[dict[str, Any]]
    unknown: list[str]
    taken_at: datetime
    ms: int
    changes: dict[str, Any] | None = None
    snapshot: Snapshot | None = None
    log: dict[str, Any] | None = None


def assess(world: World, incident: int, *, fresh: bool = False) -> None:
    """Look at the target of an open incident and keep what was found; a look that shows nothing new leaves no event.

    May be called at any time, also twice at once: who finds another at the target comes back in a moment.
    A target that can not be reached is unknown, never well. fresh: not with a snapshot taken a moment ago.
    """
    with world.store.transaction() as conn:
        before = get(conn, incident)
    if before["status"] not in ACTIVE:
        return
    began, name = min(before["detected_at"], before["opened_at"]), before["target"] or next(iter(world.targets), "")
    past = memory.earlier(world.store, name, timedelta(0), began)
    try:
        seen = _look(world, before["target"], f"{before['title']}\n{before['symptom']}", past, fresh=fresh)
    except Busy:
        _later(world, "assess", incident)
        return
    _write_down(world, incident, before, seen)
    if seen.snapshot is not None:  # the next look compares with it, and so sees sooner what came of a remedy
        with world.store.transaction() as conn:
            memory.keep(conn, seen.snapshot.target, seen.snapshot)


def _write_down(world: World, incident: int, before: dict[str, Any], seen: _Look) -> None:
    with world.store.transaction() as conn:
        now = lock(conn, incident)
        if now["status"] not in ACTIVE:
            return
        _tell_changes(conn, incident, before["target"], seen.changes)
        _tell_log(conn, incident, seen.log)
        if not seen.verdicts and now["assessed_at"] is not None:
            findings.looked_again(conn, incident, seen.taken_at)
            return
        advance_status(conn, incident, "assessing", FIRELINE)
        name = before["target"] or next(iter(world.targets), "")
        findings.record(conn, incident, name, seen.verdicts, seen.taken_at, seen.ms, unknown=seen.unknown)
        wake(conn, "surroundings", incident)  # how many are affected may rest on what was found
        if seen.verdicts:
            _propose_severity(conn, world, incident, seen.verdicts[0])


def _propose_severity(conn: Connection, world: World, incident: int, verdict: dict[str, Any]) -> None:
    """Propose the severity that the runbook's criteria give to what was found, should it be a higher one."""
    scheme = scheme_of(world)
    family = next((one.family for one in causes().values() if one.label == verdict["cause"]), "")
    impact = _IMPACT.get(family, _IMPACT["queries"]) if verdict["severity"] == "critical" else ""
    felt = f"{verdict['title']} {'. '.join(verdict['explains'])}. {impact}"
    suggestion = scheme.suggest(felt) if scheme.suggest else None
    if suggestion is None:
        return
    severity = scheme.find(suggestion[0])
    reason = f"{suggestion[1]}: {verdict['title']}"
    propose(conn, incident, severity=severity.id, rank=severity.rank, reason=reason)


def _tell_changes(conn: Connection, incident: int, target: str | None, changes: dict[str, Any] | None) -> None:
    """Tell once in the timeline which statements do something else than before it began."""
    if changes is None or not changes["statements"]:
        return
    told = one(conn, Q["told_of_changes"], incident=incident)
    if told is not None and not told["told"]:
        lines = [change["told"] for change in changes["statements"]]
        timeline.tell(conn, incident, "changed", FIRELINE, target=target, since=changes["began"], statements=lines)


def _tell_log(conn: Connection, incident: int, log: dict[str, Any] | None) -> None:
    """Tell once in the timeline which errors the log has around the start, and not what a remedy brought about.

    A finding keeps the numbers of its own look.
    """
    told = one(conn, Q["told_of_log"], incident=incident) if log else None
    if log and told is not None and not told["told"] and findings.newest(conn, incident) is None:
        kinds = [kind["text"] for kind in log["kinds"]]
        timeline.tell(conn, incident, "logged", FIRELINE, source=log["source"], start=log["start"], kinds=kinds)


def _look(world: World, target: str | None, symptom: str, past: Past, *, fresh: bool) -> _Look:
    asked_at, began = clock.now(), time.monotonic()
    try:
        asked = Asked(complaint.read(symptom), past=past, start=past.began)
        snapshot = shared_look(world.target(target), asked, fresh=fresh)
        found = conclude(snapshot)
    except FirelineError as blind:
        return _Look([], [blind.message], asked_at, round((time.monotonic() - began) * 1000))
    unknown = [f"{one['check']}: {one['because']}" for one in found.unknown]
    verdicts = fenced.explained(world, snapshot.target, [verdict.json() for verdict in found.causes])
    if verdicts:
        verdicts[0]["suffering"] = suffering(snapshot)
    log = seen_around(snapshot)
    if verdicts and log:
        verdicts[0]["log"] = log
    return _Look(verdicts, unknown, asked_at, found.duration_ms, found.changes, snapshot, log)


def _later(world: World, topic: str, incident: int) -> None:
    with world.store.transaction() as conn:
        wake(conn, topic, incident, at=clock.now() + COME_BACK)


def probe(world: World, incident: int) -> None:
    """Ask whether the root cause of an open incident is still there; when it has just gone, look whether another is."""
    with world.store.transaction() as conn:
        status = get(conn, incident)["status"]
        finding = findings.newest(conn, incident)
    if finding is None or not finding["probe"] or status not in ACTIVE:
        return
    try:
        state = _ask(world, finding["target"], finding["probe"])
    except Busy:
        _later(world, "probe", incident)
        return
    with world.store.transaction() as conn:
        news = findings.set_probe_state(conn, finding["id"], state)
        if news:
            wake(conn, "surroundings", incident)
    if news and state == "green":
        assess(world, incident, fresh=True)


def _ask(world: World, name: str, question: dict[str, Any]) -> State:
    target = world.targets.get(name)
    if target is None:
        return "unknown"
    try:
        return in_turn(target, lambda: ask(target, question))
    except FirelineError:
        return "unknown"


def sweep(world: World) -> None:
    """Wake a worker for each look and each probe that is due."""
    now = clock.now()
    looks = {
        "begun": now - FIRST_LOOK,
        "young": now - YOUNG,
        "soon": now - LOOK_AGAIN,
        "seldom": now - LOOK_SELDOM,
        "most": MOST,
    }
    probes = {"soon": now - ASK_AGAIN, "seldom": now - ASK_SELDOM, "most": MOST}
    with world.store.transaction() as conn:
        for row in all_rows(conn, Q["due_looks"], active=list(ACTIVE), **looks):
            wake(conn, "assess", row["id"])
        for row in all_rows(conn, Q["due_probes"], active=list(ACTIVE), **probes):
            wake(conn, "probe", row["id"])
