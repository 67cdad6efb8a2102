from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.errors import Denied, FirelineError, NotFound, Refused, Usage
from fireline.incident import clocks, findings, timeline, transitions
from fireline.incident.people import FIRELINE, Actor
from fireline.incident.row import ACTIVE, ENDED, get, name
from fireline.incident.scheme import Scheme
from fireline.store.connect import Connection, Store
from tests.incident.conftest import Open

HOUR = timedelta(hours=1)
VERDICT = {
    "cause": "idle_tx",
    "title": "An idle transaction holds a lock",
    "severity": "critical",
    "confidence": 0.97,
    "probe": {"sql": "SELECT 1", "expect": "rows = 0"},
}


def kinds(conn: Connection, incident: int) -> list[str]:
    return [event["kind"] for event in timeline.read(conn, incident)]


def last(conn: Connection, incident: int) -> dict[str, Any]:
    return timeline.read(conn, incident)[-1]


def jobs(conn: Connection) -> set[tuple[str, str]]:
    rows = conn.execute("SELECT task_name, args ->> 'key' AS key FROM procrastinate_jobs").fetchall()
    return {(row["task_name"].removeprefix("fireline."), row["key"]) for row in rows}


def red_finding(conn: Connection, incident: int) -> int:
    return findings.record(conn, incident, "main", [VERDICT], clock.now(), 800)[0]


def going_run(conn: Connection, incident: int, state: str = "waiting") -> int:
    now = clock.now()
    conn.execute(
        "INSERT INTO procedure_text (hash, revision, compiled, stored_at) VALUES ('h', 'r', '{}', %s)"
        " ON CONFLICT DO NOTHING",
        [now],
    )
    row = conn.execute(
        "INSERT INTO run (incident_id, procedure, title, state, reason, requested_by, created_at)"
        " VALUES (%s, 'h', 'Database Performance Issues', %s, '', 'anna', %s) RETURNING id",
        [incident, state, now],
    ).fetchone()
    assert row is not None
    return int(row["id"])


def resolved(conn: Connection, open_one: Open, scheme: Scheme, actor: Actor, **more: Any) -> int:
    incident = open_one(conn, **more)
    transitions.resolve(conn, actor, incident=name(incident), resolution="Ended session 4821", scheme=scheme)
    return incident


# -- the beginning -------------------------------------------------------------------------------------------


def test_opening_leaves_an_incident_a_clock_an_event_and_wakes_who_must_act(conn: Connection, open_one: Open) -> None:
    at = clock.now() - timedelta(minutes=3)
    incident = open_one(conn, at=at)
    row = get(conn, incident)
    assert (row["status"], row["severity"], row["severity_rank"], row["detected_at"]) == ("detected", "P1", 1, at)
    assert row["declared_by"] == "alertmanager"
    (running,) = clocks.of(conn, incident)
    assert (running["kind"], running["phrase"], running["due_at"]) == ("response", "Within 1 hour", at + HOUR)
    assert last(conn, incident)["payload"] == {
        "severity": "P1",
        "title": "Every query on assignments hangs",
        "target": "main",
        "reason": "said the alert",
    }
    key = str(incident)
    assert jobs(conn) == {("tell", key), ("assess", key), ("respond", key), ("clocks", "all")}


def test_without_a_target_nothing_is_assessed_and_without_a_response_time_no_clock_runs(
    conn: Connection, open_one: Open
) -> None:
    incident = open_one(conn, target=None, response=None)
    assert jobs(conn) == {("tell", str(incident)), ("respond", str(incident))}
    assert clocks.of(conn, incident) == []


def test_a_senders_clock_that_runs_ahead_does_not_detect_in_the_future(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn, at=clock.now() + timedelta(days=1))
    assert get(conn, incident)["detected_at"] <= clock.now()


def test_a_hostile_alert_is_stored_as_harmless_text(conn: Connection, open_one: Open) -> None:
    incident = open_one(
        conn,
        title="boom\x1b[2J\n\u202etxt.exe\ud800" + "x" * 1000,
        symptom="postgresql://app:hunter22@db/app\x00" + "y" * 20_000,
        severity_reason="a\nb",
    )
    row = get(conn, incident)
    assert row["title"].startswith("boom[2J txt.exe")
    assert len(row["title"]) == 200
    assert "hunter22" not in row["symptom"]
    assert len(row["symptom"]) == 10_000
    assert row["severity_reason"] == "a b"
    assert timeline.broken(conn, incident) is None


def test_an_open_incident_is_found_by_its_key_and_an_ended_one_is_not(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    assert transitions.open_with_key(conn, "k") is None
    first = open_one(conn, group_key="k")
    second = open_one(conn, group_key="k")
    found = transitions.open_with_key(conn, "k")
    assert found is not None
    assert found["id"] == second
    transitions.resolve(conn, anna, incident=str(second), scheme=scheme)
    transitions.dismiss(conn, anna, incident=str(first), reason="a test")
    assert transitions.open_with_key(conn, "k") is None


def test_an_alert_joins_once(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    now = clock.now()
    row = conn.execute(
        "INSERT INTO alert (key, key_reason, source, title, status, first_at, last_at, group_key)"
        " VALUES ('k', 'labels', 'alertmanager', 'Slow', 'firing', %s, %s, 'g') RETURNING id",
        [now, now],
    ).fetchone()
    assert row is not None
    source = Actor("alertmanager", kind="source")
    alert = {"alert": row["id"], "source": "alertmanager", "title": "Slow", "key": "k", "reason": "labels"}
    assert transitions.join(conn, incident, source, **alert) is True
    assert transitions.join(conn, incident, source, **alert) is False
    assert kinds(conn, incident) == ["opened", "alert"]
    assert last(conn, incident)["payload"]["alert_id"] == row["id"]


def test_a_person_declares_with_a_severity_of_theirs(conn: Connection, anna: Actor, scheme: Scheme) -> None:
    said = transitions.declare(conn, anna, title=" Logins fail ", severity="critical", target="billing", scheme=scheme)
    row = get(conn, said["number"])
    assert said["id"] == said["incident"] == f"INC-{row['id']}"
    assert (row["title"], row["severity"], row["severity_by"], row["target"]) == (
        "Logins fail",
        "P0",
        "anna",
        "billing",
    )
    assert said["text"] == f"INC-{row['id']} opened as P0 (Critical): Logins fail"


def test_a_declaration_without_a_severity_is_judged_by_the_runbook_or_taken_as_high(
    conn: Connection, anna: Actor
) -> None:
    judging = Scheme(suggest=lambda text: ("P0", "“down” is a criterion of P0") if "down" in text else None)
    judged = transitions.declare(conn, anna, title="Everything is down", scheme=judging)
    assert (judged["severity"], judged["severity_reason"]) == ("P0", "“down” is a criterion of P0")
    unclear = transitions.declare(conn, anna, title="Odd", scheme=judging)
    assert (unclear["severity"], unclear["severity_reason"]) == ("P1", "assumed until somebody judges it")
    assert get(conn, judged["number"])["severity_by"] is None


def test_the_only_target_is_meant_when_none_is_named(conn: Connection, anna: Actor) -> None:
    one = transitions.declare(conn, anna, title="Slow", scheme=Scheme(targets=("main",)))
    two = transitions.declare(conn, anna, title="Slow", scheme=Scheme(targets=("main", "billing")))
    assert get(conn, one["number"])["target"] == "main"
    assert get(conn, two["number"])["target"] is None


@pytest.mark.parametrize(
    ("said", "fault", "hint"),
    [
        ({"title": "  "}, "the title is empty", "few words"),
        ({"title": "x" * 201}, "more than 200", "Shorten"),
        ({"title": "x", "severity": "P9"}, "there is no severity 'P9'", r"P0 \(Critical\)"),
        ({"title": "x", "target": "mian"}, "there is no target 'mian'", "Did you mean main"),
        ({"title": "x", "target": "'; DROP"}, "there is no target", "main, billing"),
    ],
)
def test_a_declaration_that_is_not_understood_opens_nothing(
    conn: Connection, anna: Actor, scheme: Scheme, said: dict[str, str], fault: str, hint: str
) -> None:
    with pytest.raises(Usage, match=fault) as refused:
        transitions.declare(conn, anna, scheme=scheme, **said)
    assert re.search(hint, refused.value.hint or "")
    assert transitions.list_incidents(conn, anna, status="all") == []


# -- acknowledging -------------------------------------------------------------------------------------------


def test_acknowledging_stops_the_clock_in_time(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    said = transitions.ack(conn, anna, incident=f"inc-{incident}", note="on the train")
    assert said["text"] == f"INC-{incident} acknowledged, in time for “Within 1 hour”."
    row = get(conn, incident)
    assert (row["acknowledged_by"], row["status"]) == ("anna", "detected")
    assert kinds(conn, incident) == ["opened", "note", "acknowledged"]
    assert last(conn, incident)["payload"] == {"door": "cli"}
    (stopped,) = clocks.of(conn, incident)
    assert clocks.state(stopped, clock.now() + 9 * HOUR) == "met"


def test_acknowledging_late_is_said_to_be_late(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    with clock.moved(2 * HOUR):
        said = transitions.ack(conn, anna, incident=str(incident))
    assert said["text"].endswith(", late for “Within 1 hour”.")
    assert kinds(conn, incident) == ["opened", "clock_breached", "acknowledged"]


def test_a_second_acknowledgement_is_answered_calmly_and_its_note_is_kept(
    conn: Connection, open_one: Open, anna: Actor, ben: Actor
) -> None:
    incident = open_one(conn)
    transitions.ack(conn, anna, incident=str(incident))
    mine = transitions.ack(conn, anna, incident=str(incident))
    theirs = transitions.ack(conn, ben, incident=str(incident), note="I can help")
    assert (mine["changed"], mine["text"]) == (False, f"INC-{incident} was acknowledged by you already.")
    assert theirs["text"] == f"INC-{incident} was acknowledged by anna already."
    assert kinds(conn, incident) == ["opened", "acknowledged", "note"]
    assert get(conn, incident)["acknowledged_by"] == "anna"


def test_two_acknowledgements_at_once_are_one(store: Store, open_one: Open, anna: Actor, ben: Actor) -> None:
    with store.transaction() as conn:
        incident = open_one(conn)
    answers: list[dict[str, Any]] = []
    together = threading.Barrier(2)

    def acknowledge(actor: Actor) -> None:
        with store.transaction() as conn:
            together.wait()
            answers.append(transitions.ack(conn, actor, incident=str(incident)))

    threads = [threading.Thread(target=acknowledge, args=[actor]) for actor in (anna, ben)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer["changed"] for answer in answers) == [False, True]
    with store.transaction() as conn:
        assert kinds(conn, incident) == ["opened", "acknowledged"]
        assert get(conn, incident)["acknowledged_by"] == last(conn, incident)["actor"]


def test_many_writers_at_once_leave_one_whole_story(store: Store, open_one: Open) -> None:
    with store.transaction() as conn:
        incident = open_one(conn)

    def write(number: int) -> None:
        for line in range(5):
            with store.transaction() as conn:
                transitions.note(conn, Actor(f"p{number}"), incident=str(incident), text=f"line {line}")

    threads = [threading.Thread(target=write, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with store.transaction() as conn:
        events = timeline.read(conn, incident)
        assert [event["seq"] for event in events] == list(range(1, 32))
        assert timeline.broken(conn, incident) is None


def test_taking_command_acknowledges_too(conn: Connection, open_one: Open, anna: Actor, ben: Actor) -> None:
    incident = open_one(conn)
    said = transitions.take(conn, anna, incident=str(incident))
    assert said["text"] == f"You command INC-{incident} now, and it is acknowledged, in time for “Within 1 hour”."
    assert transitions.take(conn, anna, incident=str(incident))["changed"] is False
    assert transitions.take(conn, ben, incident=str(incident))["text"] == f"You command INC-{incident} now from anna."
    assert kinds(conn, incident) == ["opened", "acknowledged", "commander", "commander"]
    assert get(conn, incident)["acknowledged_by"] == "anna"


def test_who_has_acknowledged_can_still_take_command(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    transitions.ack(conn, anna, incident=str(incident))
    assert transitions.take(conn, anna, incident=str(incident))["text"] == f"You command INC-{incident} now."


# -- where it stands -----------------------------------------------------------------------------------------


def test_work_moves_the_status_forward_and_never_back(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn)
    assert transitions.advance_status(conn, incident, "containing", FIRELINE)
    assert not transitions.advance_status(conn, incident, "assessing", FIRELINE)
    assert not transitions.advance_status(conn, incident, "containing", FIRELINE)
    assert transitions.advance_status(conn, incident, "resolving", FIRELINE)
    assert get(conn, incident)["status"] == "resolving"
    assert kinds(conn, incident) == ["opened", "status", "status"]
    assert last(conn, incident)["payload"] == {"from": "containing", "to": "resolving", "reason": ""}


def test_work_that_ends_late_does_not_move_what_has_ended(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    incident = resolved(conn, open_one, scheme, anna)
    assert not transitions.advance_status(conn, incident, "resolving", FIRELINE)


def test_a_person_moves_it_anywhere_but_says_why_when_back(conn: Connection, open_one: Open, anna: Actor) -> None:
    incident = open_one(conn)
    called = str(incident)
    assert transitions.status(conn, anna, incident=called, status="Resolving")["status"] == "resolving"
    assert transitions.status(conn, anna, incident=called, status="resolving")["changed"] is False
    with pytest.raises(Refused, match="would go back from resolving to containing") as refused:
        transitions.status(conn, anna, incident=called, status="containing")
    assert refused.value.hint == "Say why with a reason."
    transitions.status(conn, anna, incident=called, status="containing", reason="it came back")
    assert last(conn, incident)["payload"]["reason"] == "it came back"


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("resolved", "incident resolve"),
        ("closed", "incident close"),
        ("dismissed", "incident dismiss"),
        ("x", "detected"),
    ],
)
def test_an_end_is_not_set_as_a_status(conn: Connection, open_one: Open, anna: Actor, status: str, hint: str) -> None:
    with pytest.raises(Usage) as refused:
        transitions.status(conn, anna, incident=str(open_one(conn)), status=status)
    assert hint in (refused.value.hint or "")


# -- the end -------------------------------------------------------------------------------------------------


def test_resolving_stops_the_response_clock_and_starts_that_of_the_post_mortem(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    incident = resolved(conn, open_one, scheme, anna)
    row = get(conn, incident)
    assert (row["status"], row["resolution"], row["resolved_red"]) == ("resolved", "Ended session 4821", False)
    assert row["acknowledged_by"] == "anna", "who ends it has responded"
    response, review = clocks.of(conn, incident)
    assert response["stopped_at"] is not None
    assert (review["kind"], review["phrase"]) == ("postmortem", "Within 48 hours")
    assert review["due_at"] - row["resolved_at"] == timedelta(hours=48)
    assert kinds(conn, incident) == ["opened", "acknowledged", "resolved"]


def test_the_post_mortem_is_due_when_the_runbook_says(conn: Connection, open_one: Open, anna: Actor) -> None:
    runbook = Scheme(postmortem_phrase="within 5 days", postmortem_within=timedelta(days=5))
    incident = resolved(conn, open_one, runbook, anna)
    review = clocks.of(conn, incident)[-1]
    assert (review["phrase"], review["due_at"] - review["started_at"]) == ("within 5 days", timedelta(days=5))


def test_a_low_severity_has_no_post_mortem_clock(conn: Connection, open_one: Open, scheme: Scheme, anna: Actor) -> None:
    incident = resolved(conn, open_one, scheme, anna, severity="P2")
    assert [found["kind"] for found in clocks.of(conn, incident)] == ["response"]


def test_an_incident_that_ends_by_itself_stops_its_clock_but_nobody_has_acknowledged(
    conn: Connection, open_one: Open, scheme: Scheme
) -> None:
    incident = resolved(conn, open_one, scheme, FIRELINE)
    assert get(conn, incident)["acknowledged_at"] is None
    assert clocks.of(conn, incident)[0]["stopped_at"] is not None


def test_while_the_cause_is_seen_resolving_needs_a_reason_and_shows_it(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    incident = open_one(conn)
    finding = red_finding(conn, incident)
    with pytest.raises(Refused, match="the cause is still there: An idle transaction holds a lock") as refused:
        transitions.resolve(conn, anna, incident=str(incident), scheme=scheme)
    assert "--reason" in (refused.value.hint or "")
    assert get(conn, incident)["status"] == "detected"
    said = transitions.resolve(conn, anna, incident=str(incident), reason="vendor will fix it tomorrow", scheme=scheme)
    assert said["resolved_red"] is True
    assert said["text"] == f"INC-{incident} is resolved, although its cause is still there."
    assert last(conn, incident)["payload"] == {"resolution": "", "red": True, "reason": "vendor will fix it tomorrow"}
    transitions.reopen(conn, anna, incident=str(incident), reason="try again", scheme=scheme)
    findings.set_probe_state(conn, finding, "green")
    assert transitions.resolve(conn, anna, incident=str(incident), scheme=scheme)["resolved_red"] is False


@pytest.mark.parametrize("state", ["running", "waiting"])
@pytest.mark.parametrize("end", ["resolve", "dismiss"])
def test_an_incident_does_not_end_under_a_run(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor, state: str, end: str
) -> None:
    incident = open_one(conn)
    run = going_run(conn, incident, state)
    ending = every_operation(conn, anna, str(incident), scheme)[end]
    with pytest.raises(Refused, match=f"run {run} .Database Performance Issues. is still going") as refused:
        ending()
    assert f"fireline run cancel {run}" in (refused.value.hint or "")
    conn.execute("UPDATE run SET state = 'cancelled'")
    transitions.resolve(conn, anna, incident=str(incident), scheme=scheme)


def test_a_dismissed_incident_wants_nothing_any_more(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    incident = open_one(conn, severity="P0")
    with pytest.raises(Usage, match="the reason is empty"):
        transitions.dismiss(conn, anna, incident=str(incident), reason=" ")
    said = transitions.dismiss(conn, anna, incident=str(incident), reason="a load test")
    assert said["text"] == f"INC-{incident} is dismissed."
    assert [found["kind"] for found in clocks.of(conn, incident)] == ["response"]
    assert clocks.check_clocks(conn, clock.now() + 100 * HOUR) == []
    assert transitions.dismiss(conn, anna, incident=str(incident), reason="again")["changed"] is False
    with pytest.raises(Refused, match="is dismissed, not resolved"):
        transitions.close(conn, anna, incident=str(incident))
    with pytest.raises(Refused, match="is dismissed"):
        transitions.resolve(conn, anna, incident=str(incident), scheme=scheme)


def test_reopening_by_a_person_keeps_who_is_at_it_and_takes_the_post_mortem_clock_away(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    incident = resolved(conn, open_one, scheme, anna)
    conn.execute("DELETE FROM procrastinate_jobs")
    transitions.reopen(conn, anna, incident=str(incident), reason="users still complain", scheme=scheme)
    row = get(conn, incident)
    assert (row["status"], row["acknowledged_by"]) == ("assessing", "anna")
    assert (row["resolved_at"], row["resolution"], row["resolved_red"]) == (None, None, False)
    assert [found["kind"] for found in clocks.of(conn, incident)] == ["response"]
    assert {topic for topic, _ in jobs(conn)} == {"tell", "assess", "respond"}
    assert transitions.reopen(conn, anna, incident=str(incident), reason="x", scheme=scheme)["changed"] is False


def test_an_incident_that_comes_back_by_itself_wants_somebody_again(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    incident = resolved(conn, open_one, scheme, anna)
    with clock.moved(5 * HOUR):
        transitions.reopen(conn, FIRELINE, incident=str(incident), reason="the alert fires again", scheme=scheme)
        now = clock.now()
        assert get(conn, incident)["acknowledged_at"] is None
        (response,) = clocks.of(conn, incident)
        assert clocks.state(response, now) == "running"
        assert abs(response["due_at"] - now - HOUR) < timedelta(seconds=5)


def test_reopening_needs_a_reason(conn: Connection, open_one: Open, scheme: Scheme, anna: Actor) -> None:
    incident = resolved(conn, open_one, scheme, anna)
    with pytest.raises(Usage, match="the reason is empty"):
        transitions.reopen(conn, anna, incident=str(incident), reason="", scheme=scheme)


def test_reopening_survives_a_runbook_whose_severities_have_changed(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    incident = resolved(conn, open_one, scheme, anna)
    transitions.reopen(conn, FIRELINE, incident=str(incident), reason="again", scheme=Scheme(severities=()))
    assert get(conn, incident)["status"] == "assessing"


# -- closing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("severity", ["P0", "P1"])
def test_a_high_severity_is_not_closed_before_a_person_has_worked_on_the_post_mortem(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor, severity: str
) -> None:
    incident = resolved(conn, open_one, scheme, anna, severity=severity)
    with pytest.raises(Refused, match=f"is {severity}, and it has no post-mortem") as refused:
        transitions.close(conn, anna, incident=str(incident))
    assert f"fireline incident postmortem INC-{incident} --out" in (refused.value.hint or "")
    now = clock.now()
    conn.execute("INSERT INTO postmortem (incident_id, markdown, drafted_at) VALUES (%s, 'draft', %s)", [incident, now])
    with pytest.raises(Refused, match="nobody has looked at its post-mortem"):
        transitions.close(conn, anna, incident=str(incident))
    conn.execute("UPDATE postmortem SET edited_at = %s, edited_by = 'anna'", [now])
    assert transitions.close(conn, anna, incident=str(incident))["status"] == "reviewed"
    assert get(conn, incident)["reviewed_at"] is not None
    assert clocks.of(conn, incident)[-1]["stopped_at"] is not None
    assert transitions.close(conn, anna, incident=str(incident))["changed"] is False
    assert kinds(conn, incident)[-1] == "closed"


def test_a_low_severity_is_closed_without_ceremony(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor
) -> None:
    incident = resolved(conn, open_one, scheme, anna, severity="P3")
    assert transitions.close(conn, anna, incident=str(incident))["text"] == f"INC-{incident} is closed."


def test_an_open_incident_is_not_closed(conn: Connection, open_one: Open, anna: Actor) -> None:
    with pytest.raises(Refused, match="is detected, not resolved") as refused:
        transitions.close(conn, anna, incident=str(open_one(conn)))
    assert refused.value.hint == "Resolve it first."


# -- who may, and on what ------------------------------------------------------------------------------------


def every_operation(conn: Connection, actor: Actor, incident: str, scheme: Scheme) -> dict[str, Any]:
    """Each operation that changes an incident, ready to be called."""
    on: dict[str, Any] = {"incident": incident}
    return {
        "ack": lambda: transitions.ack(conn, actor, **on),
        "take": lambda: transitions.take(conn, actor, **on),
        "note": lambda: transitions.note(conn, actor, text="x", **on),
        "severity": lambda: transitions.severity(conn, actor, severity="P0", scheme=scheme, **on),
        "status": lambda: transitions.status(conn, actor, status="resolving", **on),
        "impact": lambda: transitions.impact(conn, actor, text="x", **on),
        "role": lambda: transitions.role(conn, actor, role="scribe", person="ben", **on),
        "resolve": lambda: transitions.resolve(conn, actor, scheme=scheme, **on),
        "reopen": lambda: transitions.reopen(conn, actor, reason="x", scheme=scheme, **on),
        "dismiss": lambda: transitions.dismiss(conn, actor, reason="x", **on),
        "close": lambda: transitions.close(conn, actor, **on),
    }


def test_a_viewer_changes_nothing(conn: Connection, open_one: Open, guest: Actor, scheme: Scheme) -> None:
    incident = open_one(conn)
    operations = every_operation(conn, guest, str(incident), scheme)
    operations["declare"] = lambda: transitions.declare(conn, guest, title="x", scheme=scheme)
    for operation in operations.values():
        with pytest.raises(Denied, match="guest is a viewer, and this needs a responder"):
            operation()
    assert kinds(conn, incident) == ["opened"]


def test_what_is_not_there_can_not_be_changed(conn: Connection, anna: Actor, scheme: Scheme) -> None:
    for operation in every_operation(conn, anna, "INC-404", scheme).values():
        with pytest.raises(NotFound, match="there is no incident INC-404"):
            operation()


def outcome(operation: Any) -> Any:
    try:
        return operation()
    except FirelineError as refused:
        return refused


@pytest.mark.parametrize("status", [*ACTIVE, *ENDED])
def test_whatever_the_status_an_operation_does_its_work_or_refuses_in_one_calm_line(
    conn: Connection, open_one: Open, anna: Actor, scheme: Scheme, status: str
) -> None:
    operations = every_operation(conn, anna, "1", scheme)
    for what in operations:
        incident = open_one(conn)
        stamp = clock.now() if status in ("resolved", "reviewed") else None
        conn.execute("UPDATE incident SET status = %s, resolved_at = %s WHERE id = %s", [status, stamp, incident])
        before = len(timeline.read(conn, incident))
        said = outcome(every_operation(conn, anna, str(incident), scheme)[what])
        grown = len(timeline.read(conn, incident)) > before
        if isinstance(said, FirelineError):
            assert said.message == said.message.strip(".")
            assert (said.hint or "").endswith(".")
            assert not grown, "what is refused leaves nothing behind"
        else:
            assert said["text"].endswith(".")
            assert said["changed"] == grown, what
        assert timeline.broken(conn, incident) is None


def test_the_whole_life_leaves_a_story_that_can_be_verified(
    conn: Connection, open_one: Open, scheme: Scheme, anna: Actor, ben: Actor
) -> None:
    incident = open_one(conn)
    called = name(incident)
    transitions.advance_status(conn, incident, "assessing", FIRELINE)
    finding = red_finding(conn, incident)
    transitions.take(conn, anna, incident=called)
    transitions.role(conn, anna, incident=called, role="scribe", person="ben")
    transitions.severity(conn, ben, incident=called, severity="P0", reason="logins fail too", scheme=scheme)
    transitions.impact(conn, ben, incident=called, text="Nobody can log in", users=400)
    transitions.note(conn, ben, incident=called, text="Checkout is fine")
    findings.set_probe_state(conn, finding, "green")
    transitions.resolve(conn, anna, incident=called, resolution="Ended the session", scheme=scheme)
    conn.execute(
        "INSERT INTO postmortem (incident_id, markdown, drafted_at, edited_at) VALUES (%s, 'x', %s, %s)",
        [incident, clock.now(), clock.now()],
    )
    transitions.close(conn, ben, incident=called)
    assert kinds(conn, incident) == [
        "opened", "status", "finding", "acknowledged", "commander", "role", "severity", "impact", "note", "probe",
        "resolved", "closed",
    ]  # fmt: skip
    assert transitions.verify(conn, anna, incident=called)["whole"] is True
