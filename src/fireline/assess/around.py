"""Looking around: what is beside the database, asked in parallel with the look at it when an incident opens, and again later.

Nothing here waits for the database, and the look at the database waits for nothing here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import structlog
from psycopg.rows import DictRow
from pydantic import ValidationError

from fireline import clock
from fireline.assess.diagnose import causes
from fireline.assess.surrounding import (
    Circumstances,
    Question,
    Read,
    Seen,
    Surrounding,
    explain,
    own_settings,
    surroundings,
)
from fireline.errors import FirelineError
from fireline.incident import findings
from fireline.incident import surroundings as rows
from fireline.incident.row import ACTIVE, get, lock
from fireline.run.world import World
from fireline.settings import Settings
from fireline.store.connect import Connection, all_rows, queries
from fireline.store.wake import wake

Q = queries("fireline.assess")

FRESH_SECONDS = 5.0  # as long an answer serves other incidents: a storm must not become a storm of questions
MARGIN_SECONDS = 0.5  # for a question to say itself that it is late
LONGEST_SECONDS = 60.0  # that anybody waits for an answer, whatever the settings say
THREADS = 16
_MOST_ALERTS = 20
_SECOND = timedelta(seconds=1)
_FIRST = 5 * _SECOND  # after the opening, should the wake-up be lost
_AGAIN = 60 * _SECOND
_SELDOM = 300 * _SECOND  # once an incident is older than an hour
_YOUNG = timedelta(hours=1)
_MOST = 10  # in one sweep

log = structlog.get_logger(__name__)

_Answer = Future[tuple[Seen | None, int]]
_asked: dict[Hashable, tuple[_Answer, float]] = {}
_guard = threading.Lock()


def look_around(settings: Settings, circumstances: Circumstances) -> list[Read]:
    """Ask every source everything at once, each within its own limit; then those that build on the answers.

    Whatever a source does wrong is unknown, with the reason, and the others go on.
    """
    shelf = surroundings().values()
    read = _ask_all(settings, [one for one in shelf if not one.behind], circumstances)
    behind = [one for one in shelf if one.behind]
    return read + _ask_all(settings, behind, replace(circumstances, read=tuple(read)))


def _ask_all(settings: Settings, sources: Iterable[Surrounding], circumstances: Circumstances) -> list[Read]:
    asked: list[tuple[str, Question, _Answer, float]] = []
    read: list[Read] = []
    for source in sources:
        try:
            own = own_settings(source, settings)
        except ValidationError as wrong:
            read.append(Read(source.name, "settings", Seen("unknown", explain(source, wrong))))
            continue
        if own is not None:
            for question in source.questions(own, circumstances):
                asked.append((source.name, question, _begun(question), time.monotonic()))
    return read + [_waited_for(*one) for one in asked]


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="around")


def _begun(question: Question) -> _Answer:
    """The answer to come; the one that somebody else waits for or had a moment ago, when it is the same question."""
    if question.key is None:
        return _threads().submit(_timed, question)
    now = time.monotonic()
    with _guard:
        for key, (answer, at) in list(_asked.items()):
            if answer.done() and now - at > FRESH_SECONDS:
                del _asked[key]
        if question.key not in _asked:
            _asked[question.key] = (_threads().submit(_timed, question), now)
        return _asked[question.key][0]


def _timed(question: Question) -> tuple[Seen | None, int]:
    began = time.monotonic()
    return question.ask(), round((time.monotonic() - began) * 1000)


def _waited_for(source: str, question: Question, answer: _Answer, began: float) -> Read:
    """The answer, or why there is none."""
    limit = min(question.limit.total_seconds(), LONGEST_SECONDS)
    try:
        seen, ms = answer.result(max(0.0, began + limit + MARGIN_SECONDS - time.monotonic()))
    except TimeoutError:
        seen, ms = Seen("unknown", f"no answer within {limit:g} s"), round(limit * 1000)
    except FirelineError as none:
        seen, ms = Seen("unknown", none.message), round((time.monotonic() - began) * 1000)
    except Exception as broken:
        log.exception("a surrounding broke", source=source, exc_info=broken)
        seen, ms = Seen("unknown", f"its answer could not be read: {type(broken).__name__}"), 0
    return Read(source, question.name, seen, ms)


def look_around_incident(world: World, incident: int) -> None:
    """Look around for an open incident and keep what was seen; what is no news leaves no event.

    May be called at any time, also twice at once: the answers that were asked for later stand.
    """
    with world.store.transaction() as conn:
        before = get(conn, incident)
        if before["status"] not in ACTIVE:
            return
        circumstances = _circumstances(conn, world, before)
    asked_at = clock.now()
    answers = [_kept(one) for one in look_around(world.settings, circumstances)]
    with world.store.transaction() as conn:
        if lock(conn, incident)["status"] in ACTIVE:
            rows.keep(conn, incident, answers, asked_at)


def _kept(read: Read) -> rows.Answer:
    seen = read.seen
    if seen is None:
        return rows.Answer(read.source, read.name, None)
    return rows.Answer(read.source, read.name, seen.state, seen.title, seen.detail, seen.facts, seen.news, read.ms)


def _circumstances(conn: Connection, world: World, incident: DictRow) -> Circumstances:
    target = world.targets.get(incident["target"] or "")
    said = all_rows(conn, Q["said_by_alerts"], incident=incident["id"], most=_MOST_ALERTS)
    own = world.settings.targets.get(incident["target"] or "")
    finding = findings.newest(conn, incident["id"])
    return Circumstances(
        target=target,
        users_query=own.users_affected if own else None,
        said=(incident["symptom"], *said),
        finding=_with_family(finding) if finding else None,
        assessed=incident["assessed_at"] is not None,
        before={(one["source"], one["name"]): one for one in rows.of(conn, incident["id"])},
    )


def _with_family(finding: DictRow) -> dict[str, Any]:
    family = next((one.family for one in causes().values() if one.label == finding["cause"]), "")
    return {**finding, "family": family}


def sweep(world: World) -> None:
    """Wake a worker for each open incident around which nobody has looked for a while."""
    now = clock.now()
    due = {"begun": now - _FIRST, "young": now - _YOUNG, "soon": now - _AGAIN, "seldom": now - _SELDOM, "most": _MOST}
    with world.store.transaction() as conn:
        for row in all_rows(conn, Q["due_look_arounds"], active=list(ACTIVE), **due):
            wake(conn, "surroundings", row["id"])
