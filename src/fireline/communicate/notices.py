"""Looks at an incident and queues what people must be told; asked twice, it queues once. Sending is `deliver`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import structlog
from psycopg.rows import DictRow

from fireline import clock
from fireline.communicate import deliver
from fireline.communicate.owed import Facts, Owed, data, next_reminder, owed, subject
from fireline.errors import NotFound
from fireline.incident import clocks, outbox, row, silences, timeline
from fireline.incident.contacts import QUIET_RANK, why_not
from fireline.incident.people import FIRELINE
from fireline.incident.row import ACTIVE
from fireline.settings import ContactSettings, Settings
from fireline.store.connect import Connection, Store, all_rows, one, queries
from fireline.store.wake import wake

Q = queries("fireline.communicate")

MOST = 50  # incidents in one sweep

log = structlog.get_logger(__name__)


def tell(store: Store, incident: int, settings: Settings) -> int:
    """Queue what is owed of this incident; how many messages."""
    with store.transaction() as conn:
        return len(queue_owed(conn, incident, settings))


def tell_now(store: Store, incident: int, settings: Settings) -> int:
    """Queue what is owed and begin to send it at once, without waiting for the result; how many messages."""
    with telling(store, settings) as say, store.transaction() as conn:
        return say(conn, incident)


@contextmanager
def telling(store: Store, settings: Settings) -> Iterator[Callable[[Connection, int], int]]:
    """Queue what is owed of incidents in a transaction within the block; it is sent as soon as the block ends."""
    with deliver.as_committed(store, settings) as prepare:

        def say(conn: Connection, incident: int) -> int:
            queued = queue_owed(conn, incident, settings, waking=False)
            prepare(conn, queued)
            return len(queued)

        yield say


def sweep(store: Store, settings: Settings) -> int:
    """Find the incidents of which something is owed that nobody was woken for; how many messages that made."""
    with store.transaction() as conn:
        parameters = {
            "now": clock.now(),
            "repeat": settings.policy.repeat_until_acknowledged,
            "quiet": QUIET_RANK,
            "most": MOST,
        }
        found = [row["incident"] for row in all_rows(conn, Q["may_owe"], **parameters)]
    return sum(tell(store, incident, settings) for incident in found)


def queue_owed(conn: Connection, incident: int, settings: Settings, *, waking: bool = True) -> list[int]:
    """The same inside a transaction of the caller; the messages that were queued. waking: see `outbox.queue`."""
    try:
        found = row.lock(conn, incident)
    except NotFound:
        return []
    if _is_held(conn, found):
        return []
    facts = _facts(conn, found, settings)
    rank = facts.incident["severity_rank"]
    refused = {name: why for name, one in settings.contacts.items() if (why := why_not(one, rank))}
    told = {found["contact"] for found in all_rows(conn, Q["told"], incident=incident)}
    repeat = settings.policy.repeat_until_acknowledged
    queued: list[int] = []
    for one_owed in owed(facts, repeat):
        if one_owed.event == "reminder" and queued:  # it was only told of just now
            continue
        names = told if one_owed.to == "told" else settings.contacts.keys() - refused.keys()
        contacts = {name: one for name, one in settings.contacts.items() if name in names}
        queued += _queue(conn, facts, one_owed, contacts, waking)
        if one_owed.event == "opened" and rank < QUIET_RANK:
            _say_who_is_not_told(conn, facts, refused, anybody=bool(contacts))
    again = next_reminder(facts, repeat)
    if again and rank < QUIET_RANK:
        wake(conn, "tell", incident, at=again)
    return queued


def _facts(conn: Connection, found: DictRow, settings: Settings) -> Facts:
    incident = found["id"]
    began = one(conn, Q["began"], incident=incident)
    assert began is not None, "every incident begins with an event"
    return Facts(
        incident=found,
        round=began.pop("round"),
        began=began,
        ended=one(conn, Q["ended"], incident=incident),
        clocks=clocks.of(conn, incident),
        approvals=all_rows(conn, Q["approvals_wanted"], incident=incident, now=clock.now()),
        now=clock.now(),
        zone=ZoneInfo(settings.calendar.timezone),
        url=f"{settings.server.url}/incidents/{incident}",
        late=silences.why_late(conn, found),
    )


def _is_held(conn: Connection, found: DictRow) -> bool:
    """Whether silences hold all that fires of it: then nobody is told before they end, and the timeline says so once."""
    incident, before, now = found["id"], found["silenced_until"], clock.now()
    if found["status"] not in ACTIVE:
        return False
    held = silences.held(conn, incident, now)
    silences.warn(conn, incident, held.faults)
    if held.until != before:
        silences.hold(conn, incident, held.until)
    if held.until is None:
        if before is not None:
            silences.resume(conn, found, now)
        return False
    if before is None:
        timeline.tell(conn, incident, "silenced", FIRELINE, until=held.until.isoformat(), silences=held.named)
    wake(conn, "tell", incident, at=held.until)
    return True


def _queue(conn: Connection, facts: Facts, what: Owed, contacts: dict[str, ContactSettings], waking: bool) -> list[int]:
    message = {
        "subject": subject(facts),
        "text": "\n".join([*what.lines, "", facts.url]),
        "url": facts.url,
        "thread": f"incident-{facts.incident['id']}-{facts.incident['opened_at']:%Y%m%d%H%M%S%f}",
        "first": what.event == "opened" and facts.round == 0,
        "acknowledge": what.acknowledge and facts.incident["acknowledged_at"] is None,
        "about": what.about,
        "data": data(facts),
    }
    queued = [
        outbox.queue(
            conn,
            incident=facts.incident["id"],
            event=what.event,
            channel=one.channel,
            contact=name,
            address=one.address,
            message=message,
            once=f"{what.once}:{name}",
            waking=waking,
        )
        for name, one in contacts.items()
    ]
    return [number for number in queued if number is not None]


def _say_who_is_not_told(conn: Connection, facts: Facts, refused: dict[str, str], *, anybody: bool) -> None:
    """Once an incident, on its timeline: a message that never came is worse than one that failed."""
    incident = facts.incident["id"]
    news = [name for name, why in refused.items() if _mark(conn, facts, name, why)]
    if not refused and not anybody and _mark(conn, facts, "", "the settings name no contact"):
        timeline.tell(conn, incident, "note", FIRELINE, text="Nobody is told: the settings name no contact.")
    if news:
        who = "; ".join(f"{name}: {refused[name]}" for name in news)
        text = f"Not told: {who}." if anybody else f"Nobody is told. {_sentence(who)}."
        timeline.tell(conn, incident, "note", FIRELINE, text=text)
    if not anybody and (news or not refused):
        log.error("nobody is told of an incident", incident=row.name(incident), contacts=len(refused))


def _mark(conn: Connection, facts: Facts, contact: str, why: str) -> bool:
    """Keep that this contact is not told of this incident, as a row like the others; False when it stands there."""
    parameters = {
        "incident": facts.incident["id"],
        "contact": contact,
        "once": f"not-told:{facts.incident['id']}:{contact}",
        "error": why,
        "now": facts.now,
    }
    return one(conn, Q["mark_not_told"], **parameters) is not None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
