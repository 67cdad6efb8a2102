"""Sends what is in the outbox: claim, commit, send, write the result. At least once, never lost, the same id each time.

A claim that ran out is taken over by the next who looks; whoever lost it writes nothing.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from threading import Lock
from typing import Any
from uuid import UUID, uuid4

import structlog
from psycopg.rows import DictRow

from fireline import clock, redact
from fireline.communicate import channel
from fireline.communicate.channel import Message, TryLater
from fireline.errors import DeliveryError, FirelineError
from fireline.incident import ack_link, silences, timeline
from fireline.incident.people import FIRELINE
from fireline.incident.row import ENDED, lock
from fireline.settings import Settings
from fireline.store.connect import Connection, Store, all_rows, one, queries
from fireline.store.wake import wake

Q = queries("fireline.communicate")

CLAIM = timedelta(seconds=20)  # longer than any channel may take: channel.LONGEST_SEND
FIRST_WAIT = timedelta(seconds=2)  # before the second try; each wait is twice the one before
LONGEST_WAIT = timedelta(minutes=10)
GIVE_UP = timedelta(hours=24)
MOST_ATTEMPTS = 500  # of which a day of trying makes less than 200
AT_ONCE = 8  # so that one slow server does not hold up the others
MOST_BEGUN = 4 * AT_ONCE  # under way or next in line
SWEEP_SECONDS = 2.0  # a sweep waits no longer for what it began

log = structlog.get_logger(__name__)


Prepare = Callable[[Connection, Iterable[int]], None]


@dataclass(frozen=True)
class _Claimed:
    """A message that is ours to send for a while. row: the outbox's."""

    row: DictRow
    claim: UUID
    message: Message


def deliver(store: Store, settings: Settings, outbox: int | None = None) -> int:
    """Send one message, or all that are due; how many were sent. What a slow server holds up goes on behind our back."""
    if outbox is not None:
        return int(_deliver_one(store, settings, outbox))
    sent, end = 0, time.monotonic() + SWEEP_SECONDS
    while time.monotonic() < end:
        with store.transaction() as conn:
            due = [row["id"] for row in all_rows(conn, Q["due_messages"], now=clock.now(), most=2 * MOST_BEGUN)]
        under_way = begin(store, settings, due)
        if not under_way:
            break
        done, _ = wait(under_way, timeout=max(0.0, end - time.monotonic()))
        sent += sum(one_done.result() for one_done in done)
    return sent


def begin(store: Store, settings: Settings, messages: Iterable[int]) -> list[Future[bool]]:
    """Begin to send these, as far as there is room; those under way already, and the rest, are left to the next sweep."""
    return [
        _threads().submit(_and_forget, store, message, partial(_deliver_one, store, settings, message))
        for message in _reserve(store, messages)
    ]


@contextmanager
def as_committed(store: Store, settings: Settings) -> Iterator[Prepare]:
    """What is prepared in a transaction within the block is sent as soon as the block ends; nothing of it when it fails.

    `prepare` claims messages that were queued in the same transaction, as far as there is room; the sweep finds the rest.
    A process that dies between the commit and the sending leaves a claim that runs out.
    """
    held: set[int] = set()
    ready: dict[int, _Claimed] = {}

    def prepare(conn: Connection, messages: Iterable[int]) -> None:
        reserved = _reserve(store, messages)
        held.update(reserved)
        claims = {message: uuid4() for message in reserved}
        rows = {message: _claim(conn, message, claims[message]) for message in reserved}
        ours = {message: row for message, row in rows.items() if row is not None}
        made = {message: _Claimed(row, claims[message], _compose(conn, settings, row)) for message, row in ours.items()}
        ready.update(made)  # all or none: what fails is rolled back by the caller, and must not be sent

    try:
        yield prepare
    except BaseException:
        _release(store, held)
        raise
    _release(store, held - ready.keys())
    for message, claimed in ready.items():
        _threads().submit(_and_forget, store, message, partial(_send, store, settings, claimed))


def _reserve(store: Store, messages: Iterable[int]) -> list[int]:
    """Those of them that we may begin now."""
    with _lock:
        room = max(0, MOST_BEGUN - len(_sending))
        begun = [message for message in messages if (store.url, message) not in _sending][:room]
        _sending.update((store.url, message) for message in begun)
    return begun


def _release(store: Store, messages: Iterable[int]) -> None:
    with _lock:
        _sending.difference_update((store.url, message) for message in messages)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="deliver")


def stop() -> None:
    """Begin nothing more: the process is about to end, and what is not begun is in the outbox."""
    _threads().shutdown(wait=False, cancel_futures=True)


_lock = Lock()
_sending: set[tuple[str, int]] = set()  # in threads of ours; only so that none is begun twice, the claim is what counts


def _and_forget(store: Store, outbox: int, send: Callable[[], bool]) -> bool:
    """Nobody may be left to hear of a fault, so it is logged here; the message stays, and is found when its claim ran out."""
    try:
        return send()
    except FirelineError as away:
        log.warning("a message was left for later", message=outbox, error=away.message)
        return False
    except Exception:
        log.exception("a message was left for later", message=outbox)
        return False
    finally:
        _release(store, [outbox])


def _deliver_one(store: Store, settings: Settings, outbox: int) -> bool:
    """True when it was sent by us now. The claim is committed by itself, so that it never waits for an incident."""
    claim = uuid4()
    with store.transaction() as conn:
        conn.execute("SET LOCAL synchronous_commit = off")  # a claim that a crash of the store forgets is made again
        row = _claim(conn, outbox, claim)
    if row is None:
        return False
    with store.transaction() as conn:
        message = _compose(conn, settings, row) if _is_wanted(conn, row, claim) else None
    return message is not None and _send(store, settings, _Claimed(row, claim, message))


def _claim(conn: Connection, outbox: int, claim: UUID) -> DictRow | None:
    """The message, ours for a while; None when it is somebody else's, or not due."""
    now = clock.now()
    return one(conn, Q["claim_message"], message=outbox, claim=claim, now=now, until=now + CLAIM)


def _send(store: Store, settings: Settings, claimed: _Claimed) -> bool:
    """Send what is claimed and write how it went; True when it was sent by us now."""
    row, claim = claimed.row, claimed.claim
    try:
        channel.send(settings, row["channel"], claimed.message)
    except Exception as broken:  # noqa: BLE001 - a fault of a channel is told and tried again like any other failure
        failed = broken if isinstance(broken, DeliveryError) else _of_a_bug(row["channel"], broken)
        with store.transaction() as conn:
            _failed(conn, row, claim, failed)
        return False
    with store.transaction() as conn:
        return _sent(conn, row, claim)


def _is_wanted(conn: Connection, row: DictRow, claim: UUID) -> bool:
    """Looked at when it is sent and not when it is queued: what nobody needs any more is dropped."""
    now = clock.now()
    unwanted = _unwanted(conn, row, now)
    held = _held(conn, row, now) if not unwanted else None
    if unwanted:
        _finish(conn, row, claim, state="dropped", error=unwanted)
    elif held is not None and held.until is not None:
        unwanted = f"held until {held.until:%H:%M} UTC by {held.named}"
        _finish(conn, row, claim, state="queued", error=unwanted[:1_000], next_at=held.until)
        wake(conn, "deliver", row["id"], at=held.until)
    elif row["attempts"] > MOST_ATTEMPTS:  # nobody who began to send it lived to say how it went
        unwanted = f"given up after {MOST_ATTEMPTS} attempts"
        _failed(conn, row, claim, DeliveryError(unwanted, permanent=True))
    return not unwanted


def _held(conn: Connection, row: DictRow, now: datetime) -> silences.Held | None:
    """A silence that began after the message was queued holds it too; what ended is told of all the same."""
    if row["incident_id"] is None or row["event"] in ("resolved", "dismissed"):
        return None
    return silences.held(conn, row["incident_id"], now)


def _hold(conn: Connection, row: DictRow | None) -> None:
    """The incident first, then the message: whoever queues messages locks in this order too, or both would wait for ever."""
    if row is not None and row["incident_id"] is not None:
        lock(conn, row["incident_id"])


def _unwanted(conn: Connection, row: DictRow, now: datetime) -> str:
    """Why nobody needs this message any more; empty when it is wanted."""
    if row["incident_id"] is None:
        return ""
    about = row["message"].get("about", {})
    asked = {"clock": about.get("clock"), "approval": about.get("approval")}
    stands = one(conn, Q["how_it_stands"], incident=row["incident_id"], contact=row["contact"], **asked)
    return _why_unwanted(row["event"], stands, now) if stands else "the incident is gone"


def _why_unwanted(event: str, stands: DictRow, now: datetime) -> str:
    ended = stands["status"] in ENDED
    if event in ("resolved", "dismissed"):
        return "" if stands["told"] and ended else "nothing was told of it before" if ended else "it was opened again"
    if event in ("at_risk", "breached"):
        return "the clock has stopped" if stands["stopped_at"] or stands["status"] in ("reviewed", "dismissed") else ""
    if ended:
        return f"the incident is {stands['status']}"
    if event == "reminder" and stands["acknowledged_at"]:
        return f"{stands['acknowledged_by']} has acknowledged it"
    if event == "approval_wanted" and (stands["approval"] != "asked" or stands["expires_at"] <= now):
        return "the approval is not wanted any more"
    return ""


def _compose(conn: Connection, settings: Settings, row: DictRow) -> Message:
    """The message as its channel sends it. The link to acknowledge is made now: its token is kept nowhere."""
    kept: dict[str, Any] = row["message"]
    link = ""
    if kept.get("acknowledge") and row["incident_id"] is not None:
        link = f"{settings.server.url}/ack/{ack_link.make(conn, row['incident_id'], row['contact'])}"
    identity = f"message-{row['id']}-{row['created_at']:%Y%m%d%H%M%S%f}"
    return Message(
        id=identity,
        thread=kept.get("thread") or identity,
        event=row["event"],
        address=row["address"],
        subject=kept["subject"],
        text=kept["text"],
        first=kept.get("first", False),
        url=kept.get("url", ""),
        acknowledge_url=link,
        data={**kept.get("data", {}), "contact": row["contact"]},
    )


def _sent(conn: Connection, row: DictRow, claim: UUID) -> bool:
    _hold(conn, row)
    now = clock.now()
    if not _finish(conn, row, claim, state="sent", sent_at=now):
        return False
    if row["incident_id"] is not None:
        seconds = round((now - row["created_at"]).total_seconds(), 3)
        timeline.tell(conn, row["incident_id"], "told", FIRELINE, **_about(row), seconds=seconds)
    return True


def _failed(conn: Connection, row: DictRow, claim: UUID, failed: DeliveryError) -> None:
    """Try again later; or, when that can not help or has not helped for a day, give up loudly."""
    _hold(conn, row)
    now = clock.now()
    error = redact.text(failed.message)[:1_000]
    over = failed.permanent or now - row["created_at"] >= GIVE_UP
    next_at = None if over else now + _wait(row["attempts"], failed)
    if not _finish(conn, row, claim, state="failed" if over else "queued", error=error, next_at=next_at):
        return
    if next_at is not None:
        wake(conn, "deliver", row["id"], at=next_at)
    say = log.error if over else log.warning
    who = {"contact": row["contact"], "channel": row["channel"]}
    say("a message could not be delivered", message=row["id"], about=row["event"], **who, error=error, given_up=over)
    if row["incident_id"] is not None and (over or row["attempts"] == 1):
        timeline.tell(conn, row["incident_id"], "telling_failed", FIRELINE, **_about(row), error=error, permanent=over)


def _of_a_bug(name: str, broken: Exception) -> DeliveryError:
    return DeliveryError(f"channel {name} broke: {type(broken).__name__}: {broken}", permanent=False)


def _finish(
    conn: Connection,
    row: DictRow,
    claim: UUID,
    *,
    state: str,
    error: str | None = None,
    next_at: datetime | None = None,
    sent_at: datetime | None = None,
) -> bool:
    """Write the result; False when the claim had run out and somebody else has the message."""
    result = {"state": state, "error": error, "next_at": next_at, "sent_at": sent_at}
    kept = one(conn, Q["finish_message"], message=row["id"], claim=claim, **result)
    if kept is None:
        log.warning("a message was taken over while it was being sent", message=row["id"], state=state)
    return kept is not None


def _wait(attempts: int, failed: DeliveryError) -> timedelta:
    """Twice as long each time, a little off so that not all come back at once; what the receiver asks for if longer."""
    own: timedelta = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
    return max(own, failed.after) if isinstance(failed, TryLater) else own


def _about(row: DictRow) -> dict[str, str]:
    return {"event": row["event"], "contact": row["contact"], "channel": row["channel"]}
