from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.incident import clocks, transitions
from fireline.store.connect import Store
from tests.communicate.desk import SCHEME, Desk

MINUTE = timedelta(minutes=1)
CONTACTS: dict[str, Any] = {
    "ann": {"role": "On-Call Engineer", "address": "ann@example.org", "confirmed": True},
    "ops": {"channel": "webhook", "address": "https://chat.example.org/x", "confirmed": True},
    "dba": {"role": "Database Admin", "address": "[Contact Info]", "confirmed": True},
    "sec": {"role": "Security", "address": "sec@example.org"},
}


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, contacts=CONTACTS)


def test_an_incident_that_opens_is_told_to_everybody_who_is_confirmed_and_only_once(desk: Desk) -> None:
    desk.open()
    assert desk.tell() == 2
    assert desk.tell() == 0
    assert desk.outbox("queued") == [("opened", "ann"), ("opened", "ops")]
    (row,) = desk.rows("SELECT * FROM outbox WHERE contact = 'ann'")
    assert (row["channel"], row["address"]) == ("email", "ann@example.org")
    assert row["message"]["subject"] == "[P1] INC-1 Disk full"
    assert row["message"]["text"].endswith("\n\nhttps://fireline.example.org/incidents/1")
    assert row["message"]["acknowledge"] is True
    assert row["message"]["data"]["incident"] == "INC-1"
    assert [key for key, when in desk.wakes("deliver") if when is None] == ["1", "2"]


def test_who_is_not_told_stands_on_the_timeline_once_with_the_reason(desk: Desk) -> None:
    desk.open()
    desk.tell()
    desk.tell()
    assert desk.story()[1:] == [
        "Fireline noted: Not told: dba: the address was never filled in; sec: the address is not confirmed."
    ]


@pytest.mark.parametrize(
    ("contacts", "said"),
    [
        ({}, "Nobody is told: the settings name no contact."),
        ({"sec": CONTACTS["sec"]}, "Nobody is told. Sec: the address is not confirmed."),
    ],
)
def test_when_nobody_is_told_that_is_said_loudly(store: Store, contacts: Any, said: str) -> None:
    desk = Desk(store, contacts=contacts)
    desk.open()
    for _ in range(2):
        desk.tell()
    assert desk.story()[1:] == [f"Fireline noted: {said}"]
    assert desk.outbox() == []
    assert desk.sweep() == 0


def test_a_contact_confirmed_during_the_incident_is_told_then(store: Store) -> None:
    Desk(store, contacts={"sec": CONTACTS["sec"]}).open()
    assert Desk(store, contacts={"sec": CONTACTS["sec"]}).tell() == 0
    assert Desk(store, contacts={"sec": CONTACTS["sec"] | {"confirmed": True}}).tell() == 1


def test_the_lowest_severity_is_recorded_and_wakes_nobody_until_it_gets_worse(desk: Desk) -> None:
    desk.open(severity="P3")
    assert desk.tell() == 0
    with clock.moved(timedelta(days=3)):
        assert desk.tell() == 0
        assert desk.sweep() == 0
        assert len(desk.story()) == 1
        assert [when for key, when in desk.wakes("tell") if when] == []
        desk.act(transitions.severity, incident="1", severity="P0", scheme=SCHEME)
        assert desk.tell() > 0
    assert ("opened", "ann") in desk.outbox()


def test_reminders_come_until_somebody_acknowledges(desk: Desk) -> None:
    desk.open()
    desk.tell()
    ((key, first),) = [(key, when) for key, when in desk.wakes("tell") if when]
    (began,) = desk.rows("SELECT at FROM timeline WHERE kind = 'opened'")
    assert (key, first - began["at"]) == ("1", 5 * MINUTE)
    for minutes in (5, 6, 10, 33):
        with clock.moved(minutes * MINUTE):
            desk.tell()
    reminders = [
        row["once"] for row in desk.rows("SELECT once FROM outbox WHERE event = 'reminder' AND contact = 'ann'")
    ]
    assert reminders == ["reminder:1:0:1:ann", "reminder:1:0:2:ann", "reminder:1:0:6:ann"]
    with clock.moved(34 * MINUTE):
        desk.act(transitions.ack, incident="1")
    with clock.moved(60 * MINUTE):
        assert desk.tell() == 0


def test_a_clock_that_runs_out_is_told_when_it_is_at_risk_and_when_it_is_late(desk: Desk) -> None:
    desk.open()
    desk.tell()
    for minutes in (46, 61, 62):
        with clock.moved(minutes * MINUTE):
            with desk.store.transaction() as conn:
                clocks.check_clocks(conn, clock.now())
            desk.tell()
    told = [event for event in desk.outbox() if event[1] == "ann" and event[0] in ("at_risk", "breached")]
    assert told == [("at_risk", "ann"), ("breached", "ann")]


def approval(desk: Desk, incident: int = 1) -> int:
    """A run with a step that waits for a yes."""
    now = clock.now()
    desk.do(
        "INSERT INTO procedure_text VALUES ('h', 'r', '{}', %(now)s) ON CONFLICT DO NOTHING RETURNING hash", now=now
    )
    run = desk.do(
        "INSERT INTO run (incident_id, procedure, title, state, reason, requested_by, created_at)"
        " VALUES (%(incident)s, 'h', 'Database locks', 'waiting', 'r', 'fireline', %(now)s) RETURNING id",
        incident=incident,
        now=now,
    )
    assert run
    desk.do(
        "INSERT INTO step (run_id, position, key, title, kind, state, content, requested_by)"
        " VALUES (%(run)s, 2, 'k', 'End it', 'remedy', 'waiting', '{}', 'fireline') RETURNING run_id",
        run=run["id"],
    )
    row = desk.do(
        "INSERT INTO approval (run_id, position, content_hash, shown, level, requested_by, asked_at, expires_at, state)"
        " VALUES (%(run)s, 2, 'h', %(shown)s, 'reversible', 'fireline', %(now)s, %(until)s, 'asked') RETURNING id",
        run=run["id"],
        shown=Jsonb({"title": "End the session", "summary": "End session 4821"}),
        now=now,
        until=now + 15 * MINUTE,
    )
    assert row
    return int(row["id"])


def test_an_approval_that_is_wanted_is_told_once(desk: Desk) -> None:
    desk.open()
    desk.tell()
    approval(desk)
    assert desk.tell() == 2
    assert desk.tell() == 0
    approval(desk)
    assert desk.tell() == 2
    text = desk.rows("SELECT message ->> 'text' AS text FROM outbox WHERE event = 'approval_wanted'")[0]["text"]
    assert text.startswith("INC-1 waits for an approval: step 2 “End the session” of “Database locks”")


def test_the_end_is_told_to_whoever_was_told_of_the_beginning(desk: Desk, store: Store) -> None:
    desk.open()
    desk.tell()
    desk.act(transitions.resolve, incident="1", resolution="Logs removed.", scheme=SCHEME)
    new = Desk(store, contacts=CONTACTS | {"late": {"address": "late@example.org", "confirmed": True}})
    assert new.tell() == 2
    assert new.tell() == 0
    assert desk.outbox()[2:] == [("resolved", "ann"), ("resolved", "ops")]


def test_what_is_open_again_is_told_again_and_so_is_its_second_end(desk: Desk) -> None:
    desk.open()
    desk.tell()
    desk.act(transitions.resolve, incident="1", resolution="x", scheme=SCHEME)
    desk.tell()
    desk.act(transitions.reopen, incident="1", reason="still slow", scheme=SCHEME)
    desk.tell()
    desk.act(transitions.dismiss, incident="1", reason="never mind")
    desk.tell()
    assert [event for event, contact in desk.outbox() if contact == "ann"] == [
        "opened",
        "resolved",
        "opened",
        "dismissed",
    ]


def test_the_sweep_finds_what_a_lost_wake_up_left_and_nothing_twice(desk: Desk) -> None:
    desk.open()
    desk.open(severity="P3")
    assert desk.sweep() == 2  # opened
    assert desk.sweep() == 0
    with clock.moved(5 * MINUTE):
        assert desk.sweep() == 2  # reminded
        assert desk.sweep() == 0
        desk.act(transitions.ack, incident="1")
        approval(desk)
        assert desk.sweep() == 2  # approval wanted
        approval(desk)
        assert desk.sweep() == 2
        desk.act(transitions.ack, incident="2")
        assert desk.sweep() == 0
        desk.act(transitions.dismiss, incident="2", reason="x")
        desk.do("UPDATE run SET state = 'cancelled' RETURNING id")
        desk.act(transitions.resolve, incident="1", resolution="x", scheme=SCHEME)
        assert desk.sweep() == 2  # resolved
        assert desk.sweep() == 0
    with clock.moved(timedelta(hours=40)):
        assert desk.sweep() == 2  # the post-mortem is at risk
        assert desk.sweep() == 0
    with clock.moved(timedelta(hours=49)):
        assert desk.sweep() == 2  # and late
        assert desk.sweep() == 0


def test_the_sweep_finds_a_clock_nobody_was_woken_for(desk: Desk) -> None:
    desk.open()
    desk.sweep()
    with clock.moved(46 * MINUTE):
        desk.sweep()
        assert ("at_risk", "ann") in desk.outbox()
        assert desk.sweep() == 0
    with clock.moved(60 * MINUTE):
        desk.sweep()
        assert ("breached", "ann") in desk.outbox()
        assert desk.sweep() == 0


def test_an_incident_that_is_not_there_owes_nothing(desk: Desk) -> None:
    assert desk.tell(99) == 0


def test_secrets_in_a_title_do_not_leave_the_house(desk: Desk) -> None:
    desk.open(title="down: postgres://app:hunter2hunter2@db/app", symptom="password=hunter2hunter2")
    desk.tell()
    assert "hunter2" not in str(desk.rows("SELECT message FROM outbox"))
