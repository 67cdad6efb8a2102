from __future__ import annotations

from datetime import timedelta

import pytest

from fireline import clock
from fireline.errors import Refused, Usage
from fireline.incident import clocks, findings, transitions
from fireline.incident.people import FIRELINE, Actor
from fireline.incident.row import get
from fireline.incident.scheme import Scheme
from fireline.store.connect import Connection
from tests.incident.conftest import Open
from tests.incident.life import HOUR, every_operation, going_run, jobs, kinds, last, red_finding, resolved


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
    assert {topic for topic, _ in jobs(conn)} == {"tell", "assess", "respond", "surroundings"}
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
