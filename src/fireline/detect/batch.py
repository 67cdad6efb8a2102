"""One batch of signals on its way into alerts: what is known of each alert, what has changed, what is still to be written.

Repeats of a firing alert, which are most of a storm, are counted in memory and written once at the end of the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import redact
from fireline.detect import beats, changes, flapping, remarks, stale
from fireline.detect.copies import COPY, LATE, Copies
from fireline.detect.rules import Ruling, let_through, rule
from fireline.detect.source import Event
from fireline.incident import timeline
from fireline.incident.people import FIRELINE, Actor
from fireline.incident.row import ENDED, lock
from fireline.incident.scheme import Scheme
from fireline.incident.transitions import join, open_incident, open_with_key, raise_severity
from fireline.settings import Settings
from fireline.store.connect import Connection, all_rows, one, queries
from fireline.store.wake import wake

Q = queries("fireline.detect")


@dataclass(frozen=True)
class Known:
    """The newest alert of a key."""

    id: int
    status: str
    severity: str | None
    once: str | None
    first_at: datetime
    resolved_at: datetime | None
    incident: int | None
    incident_status: str | None
    incident_resolved_at: datetime | None
    flap_state: str | None = None  # it flaps: what it was last


class Batch:
    """What one transaction of intake knows and does. `opened`: the incidents it has opened so far.

    telling: the caller has the people of these told; otherwise a worker is woken to do so.
    """

    def __init__(self, conn: Connection, settings: Settings, scheme: Scheme, *, telling: bool = False) -> None:
        self._conn = conn
        self._settings = settings
        self._scheme = scheme
        self._telling = telling
        self._copies = Copies(conn)
        self._known: dict[str, Known] = {}
        self._repeats: dict[int, tuple[int, datetime]] = {}  # alert -> how often, when last
        self._taken: list[tuple[DictRow, list[int], str | None]] = []  # signal, its alerts, its fault
        self.opened: tuple[int, ...] = ()

    def look_up(self, keys: Iterable[str]) -> None:
        """Read the newest alert of each key, with the state of its incident."""
        for row in all_rows(self._conn, Q["newest_alerts"], keys=list(keys)):
            key = row.pop("key")
            self._known[key] = Known(**row)

    def repeats_only(self, events: Sequence[Event]) -> bool:
        """Whether a signal says nothing but that known alerts still fire as before."""
        return all(self._is_repeat(event, self._known.get(event.key)) for event in events)

    def _is_repeat(self, event: Event, known: Known | None) -> bool:
        return (
            known is not None
            and event.kind == "alert"
            and event.status == known.status == "firing"
            and event.severity == known.severity
            and event.once == known.once
            and (known.incident_status not in ENDED if known.flap_state is None else known.flap_state == "firing")
        )

    def count(self, signal: DictRow, events: Sequence[Event]) -> None:
        """Take a signal of repeats."""
        alerts = [self._known[event.key].id for event in events]
        for alert in alerts:
            self._count(alert, signal["received_at"])
        self._taken.append((signal, alerts, None))

    def _count(self, alert: int, at: datetime) -> None:
        number, before = self._repeats.get(alert, (0, at))
        self._repeats[alert] = (number + 1, max(at, before))

    def take(self, signal: DictRow, events: Sequence[Event], fault: str | None) -> None:
        """Take a signal that changes something, inside a savepoint of the caller; known state is changed only at its end."""
        before, repeats, opened = dict(self._known), dict(self._repeats), self.opened
        try:
            alerts, notes = [], [fault] if fault else []
            for event in events:
                alert, note = self._take_event(signal, event, fault)
                alerts += [alert] if alert else []
                notes += [note] if note else []
        except BaseException:
            self._known, self._repeats, self.opened = before, repeats, opened
            raise
        self._taken.append((signal, list(dict.fromkeys(alerts)), "; ".join(dict.fromkeys(notes)) or None))

    def _take_event(self, signal: DictRow, event: Event, fault: str | None) -> tuple[int | None, str | None]:
        """The alert an event belongs to, and what was odd about it."""
        if event.kind == "change":
            changes.record(self._conn, self._settings, signal["source"], event, signal["received_at"])
            return None, None
        if event.kind == "beat":
            heard, note = beats.hear(self._conn, self._settings, signal, event)
            return self._take_event(signal, heard, fault) if heard else (None, note)
        known, at = self._known.get(event.key), signal["received_at"]
        if event.number is not None and (known is None or known.id != event.number):
            return None, f"{event.status}: there is no such alert of this source, or a newer one has taken its place"
        if event.status in ("acknowledged", "noted"):
            return self._hear(signal, event, known)
        if known is not None and known.flap_state is not None:
            return known.id, self._flip(signal, event, known)
        if event.status == "resolved":
            return self._resolve(signal, event, known)
        if known is None:
            return self._open(signal, event, fault)
        if known.status == "resolved":
            if self._is_late(signal, event, known):
                self._count(known.id, at)
                return known.id, "a late copy of what had been resolved; nothing was opened again"
            return self._open(signal, event, fault)
        if known.incident_status in ENDED and not self._still_the_same(event, known, at):
            self._close(event.key, known, at)
            return self._open(signal, event, fault)
        self._count(known.id, at)
        if known.status == "stale":
            stale.heard_again(self._conn, known.id, event.title, known.incident)
            self._known[event.key] = known = replace(known, status="firing")
        return known.id, self._renew(signal, event, known)

    def _flip(self, signal: DictRow, event: Event, known: Known) -> str | None:
        """A flapping alert is counted and tells nobody, whatever it changes to, until it is calm."""
        at = signal["received_at"]
        if event.status == known.flap_state:
            if event.status == "resolved":
                return None
            self._count(known.id, at)
            return self._renew(signal, event, known)
        if event.status == "firing" and event.once and event.once == known.once:
            return "a late copy of what was over; it flaps, and is not counted as a change"
        if event.status == "resolved" and self._speaks_of_earlier(signal, event, known):
            return "a late copy of the end of an earlier occurrence"
        flapping.flip(self._conn, known.id, event.status, at)
        self._known[event.key] = flipped = replace(known, flap_state=event.status)
        return self._renew(signal, event, flipped) if event.status == "firing" else None

    def open_again(self, alert: DictRow, at: datetime) -> None:
        """A new alert in the place of one that fires on though its incident has ended."""
        event = flapping.event_of_row(alert)
        self.look_up([event.key])
        self._close(event.key, self._known[event.key], at)
        self._open({"source": alert["source"], "received_at": at}, event, None)

    def _is_late(self, signal: DictRow, event: Event, known: Known) -> bool:
        """Whether what fires is the occurrence that was resolved, as its sender says.

        Who names no occurrence may mean a new one, also with the same bytes a moment later: an alert too many is
        better than one lost.
        """
        since = signal["received_at"] - known.resolved_at if known.resolved_at else LATE
        return bool(event.once) and event.once == known.once and since <= LATE

    def _hear(self, signal: DictRow, event: Event, known: Known | None) -> tuple[int | None, str | None]:
        """Somebody on the sender's side speaks of an alert; of one that does not fire there is nothing to say."""
        if known is None or known.status == "resolved" or known.incident is None:
            return known.id if known else None, f"{event.status}, and no alert with this key fires"
        remarks.hear(self._conn, signal["source"], event, known.incident, signal["received_at"])
        return known.id, None

    def _still_the_same(self, event: Event, known: Known, at: datetime) -> bool:
        """Whether an alert that fires on after its incident has ended is still what the people there saw.

        Only a sender that names the occurrence can say so. What was dismissed stays dismissed; what was resolved and
        fires on after the time in which alerts belong together was not resolved.
        """
        if not event.once or event.once != known.once:
            return False
        ended = known.incident_resolved_at
        return ended is None or at - ended <= self._settings.policy.group_window

    def _open(self, signal: DictRow, event: Event, fault: str | None) -> tuple[int, str | None]:
        """A new alert, and the incident it opens or joins."""
        source, before = signal["source"], self._known.get(event.key)
        ruling = let_through(self._scheme, event, fault) if fault else rule(self._settings, self._scheme, source, event)
        actor = Actor(source, kind="source", door="system")
        joined = self._open_incident_of(ruling, signal["received_at"])
        incident = joined or self._open_incident(ruling, event, actor, signal["received_at"])
        alert = self._insert(source, event, ruling, signal["received_at"])
        join(
            self._conn,
            incident,
            actor,
            alert=alert,
            source=source,
            title=event.title,
            key=event.key,
            reason="; ".join(
                [event.key_reason, f"grouped by {ruling.group_reason}"]
                + ([f"target {ruling.target} by {ruling.target_reason}"] if ruling.target_reason else [])
            ),
            opening=not joined,
        )
        if joined:
            self._raise(incident, ruling, event)
        if ruling.fault:
            text = f"Could not judge the alert “{event.title}”; let through as {ruling.severity.id}: {ruling.fault}"
            timeline.tell(self._conn, incident, "note", FIRELINE, text=text)
        self._known[event.key] = Known(
            alert, "firing", event.severity, event.once, signal["received_at"], None, incident, "detected", None
        )
        policy, at = self._settings.policy, signal["received_at"]
        number = flapping.changes(self._conn, policy, event.key, at) if before else 0
        if number:
            flapping.begin(self._conn, policy, alert=alert, incident=incident, title=event.title, number=number, at=at)
            self._known[event.key] = replace(self._known[event.key], flap_state="firing")
        return alert, ruling.fault

    def _open_incident_of(self, ruling: Ruling, at: datetime) -> int | None:
        """The open incident with this group key, held so that nobody ends it meanwhile; None when it is too old."""
        found = open_with_key(self._conn, ruling.group_key)
        if found is None:
            return None
        held = lock(self._conn, found["id"])
        young = held["opened_at"] > at - (ruling.window or self._settings.policy.group_window)
        return int(held["id"]) if young and held["status"] not in ENDED else None

    def _open_incident(self, ruling: Ruling, event: Event, actor: Actor, at: datetime) -> int:
        incident = open_incident(
            self._conn,
            title=event.title,
            severity=ruling.severity.id,
            severity_rank=ruling.severity.rank,
            severity_reason=ruling.severity_reason,
            target=ruling.target,
            group_key=ruling.group_key,
            symptom=f"{event.title}\n{event.text}".strip(),
            declared_by=actor,
            detected_at=at,
            response=self._scheme.response(ruling.severity, at),
            telling=self._telling,
        )
        self.opened += (incident,)
        return incident

    def _raise(self, incident: int, ruling: Ruling, event: Event) -> None:
        """A worse alert makes its incident worse, unless a person has said how bad it is."""
        detected_at = lock(self._conn, incident)["detected_at"]
        raise_severity(
            self._conn,
            incident,
            severity=ruling.severity.id,
            severity_rank=ruling.severity.rank,
            reason=f"{ruling.severity_reason} in “{event.title}”",
            actor=FIRELINE,
            response=self._scheme.response(ruling.severity, detected_at),
        )

    def _insert(self, source: str, event: Event, ruling: Ruling, at: datetime) -> int:
        row = one(
            self._conn,
            Q["open_alert"],
            key=event.key,
            key_reason=event.key_reason,
            source=source,
            target=ruling.target,
            title=event.title,
            severity=event.severity,
            at=at,
            labels=Jsonb(event.labels),
            annotations=Jsonb(event.annotations),
            group_key=ruling.group_key,
            group_reason=ruling.group_reason,
            once=event.once,
        )
        assert row is not None
        return int(row["id"])

    def _renew(self, signal: DictRow, event: Event, known: Known) -> str | None:
        """A firing alert that its sender now describes otherwise; when it got worse, so does its incident."""
        if event.severity == known.severity and event.once == known.once:
            return None
        conn = self._conn
        conn.execute(
            Q["renew_alert"],
            {
                "alert": known.id,
                "title": event.title,
                "severity": event.severity,
                "once": event.once,
                "labels": Jsonb(event.labels),
                "annotations": Jsonb(event.annotations),
            },
        )
        self._known[event.key] = replace(known, severity=event.severity, once=event.once)
        if event.severity == known.severity or known.incident is None:
            return None
        ruling = rule(self._settings, self._scheme, signal["source"], event)
        self._raise(known.incident, ruling, event)
        return ruling.fault

    def _resolve(self, signal: DictRow, event: Event, known: Known | None) -> tuple[int | None, str | None]:
        """The alert is over; without a firing one there is nothing to do, and the signal is kept all the same."""
        if known is None or known.status == "resolved":
            return known.id if known else None, None
        at = signal["received_at"]
        if self._speaks_of_earlier(signal, event, known):
            return known.id, "a late copy of the end of an earlier occurrence; what fires since then stays"
        title = self._close(event.key, known, at)
        if known.incident is not None:
            said = {"alert_id": known.id, "title": title}
            timeline.tell(self._conn, known.incident, "alert_resolved", FIRELINE, **said)
            if one(self._conn, Q["any_firing"], incident=known.incident) is None:
                wake(self._conn, "probe", known.incident)
        return known.id, None

    def _speaks_of_earlier(self, signal: DictRow, event: Event, known: Known) -> bool:
        """Whether what is over was over before: another replica tells of it late, or its sender got no answer."""
        if event.once and known.once and event.once != known.once:
            found = one(self._conn, Q["earlier_occurrence"], key=event.key, alert=known.id, once=event.once)
            return found is not None
        return signal["received_at"] - known.first_at <= COPY and self._copies.is_one(signal)

    def _close(self, key: str, known: Known, at: datetime) -> str:
        """It is over; its title, which whoever says so may not know."""
        row = one(self._conn, Q["resolve_alert"], alert=known.id, at=at)
        self._known[key] = replace(known, status="resolved", resolved_at=at, flap_state=None)
        return str(row["title"]) if row else ""

    def write(self, now: datetime) -> None:
        """Write the counts, and which signals were taken."""
        if self._repeats:
            repeats = [(alert, number, at) for alert, (number, at) in self._repeats.items()]
            alerts, numbers, times = (list(column) for column in zip(*repeats, strict=True))
            self._conn.execute(Q["count_repeats"], {"alerts": alerts, "numbers": numbers, "times": times})
        if self._taken:
            parameters = {
                "now": now,
                "first": min(signal["received_at"] for signal, _, _ in self._taken),
                "last": max(signal["received_at"] for signal, _, _ in self._taken),
                "signals": [signal["id"] for signal, _, _ in self._taken],
                "alerts": ["{" + ",".join(map(str, alerts)) + "}" for _, alerts, _ in self._taken],
                "faults": [redact.text(fault)[:1_000] if fault else None for _, _, fault in self._taken],
            }
            self._conn.execute(Q["mark_taken"], parameters)
