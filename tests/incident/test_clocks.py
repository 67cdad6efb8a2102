from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fireline import clock
from fireline.incident import clocks, timeline, transitions
from fireline.incident.calendar import BusinessCalendar, business_time_between
from fireline.incident.clocks import Deadline, Response, due
from fireline.incident.people import Actor
from fireline.incident.scheme import USUAL
from fireline.settings import Policy
from fireline.store.connect import Connection, Store
from tests.incident.conftest import Open

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BERLIN = BusinessCalendar(ZoneInfo("Europe/Berlin"))
POLICY = Policy()


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)  # type: ignore[arg-type,misc]


def kinds(conn: Connection, incident: int) -> list[str]:
    return [event["kind"] for event in timeline.read(conn, incident)]


def test_immediate_is_what_the_policy_says() -> None:
    start = berlin(2026, 11, 22, 3, 0)
    assert due(start, Response("immediate"), POLICY, BERLIN) == (start + 3.75 * MINUTE, start + 5 * MINUTE)
    patient = Policy(immediate=timedelta(minutes=15))
    assert due(start, Response("immediate"), patient, BERLIN) == (start + 11.25 * MINUTE, start + 15 * MINUTE)
    assert due(start, Response("duration", timedelta(0)), POLICY, BERLIN) == due(
        start, Response("immediate"), POLICY, BERLIN
    )


def test_a_duration_is_wall_time_in_the_night_and_over_the_weekend() -> None:
    saturday = berlin(2026, 11, 21, 23, 30)
    assert due(saturday, Response("duration", HOUR), POLICY, BERLIN) == (saturday + 45 * MINUTE, saturday + HOUR)


def test_a_duration_is_not_moved_by_a_change_of_the_clocks() -> None:
    before = berlin(2026, 3, 29, 1, 30)  # an hour that night is skipped
    times = due(before, Response("duration", 2 * HOUR), POLICY, BERLIN)
    assert times is not None
    assert times[1] - before == 2 * HOUR
    assert times[1].astimezone(BERLIN.zone).hour == 4


def test_business_hours_are_counted_when_the_phrase_says_so() -> None:
    friday = berlin(2026, 11, 20, 16, 0)
    times = due(friday, Response("duration", 4 * HOUR, business=True), POLICY, BERLIN)
    assert times == (berlin(2026, 11, 23, 11, 0), berlin(2026, 11, 23, 12, 0))


def test_the_next_business_day_is_due_an_hour_after_it_opens_and_at_risk_during_business_hours() -> None:
    friday_night = berlin(2026, 11, 20, 23, 0)
    assert due(friday_night, Response("business_day"), POLICY, BERLIN) == (
        berlin(2026, 11, 23, 9, 45),
        berlin(2026, 11, 23, 10, 0),
    )
    monday = berlin(2026, 11, 23, 10, 0)  # 7 hours today and one tomorrow are counted; 6 of them are 75 %
    assert due(monday, Response("business_day"), POLICY, BERLIN) == (
        berlin(2026, 11, 23, 16, 0),
        berlin(2026, 11, 24, 10, 0),
    )
    at_opening = Policy(next_business_day=timedelta(0))
    assert due(friday_night, Response("business_day"), at_opening, BERLIN) == (berlin(2026, 11, 23, 9),) * 2


def test_a_severity_without_a_response_time_has_no_clock() -> None:
    assert due(berlin(2026, 11, 23, 10, 0), Response("none"), POLICY, BERLIN) is None


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca"]
    ),
    st.integers(0, 365 * 24 * 60 - 1),
    st.one_of(
        st.builds(Response, st.just("duration"), st.timedeltas(MINUTE, timedelta(days=30)), st.booleans()),
        st.sampled_from([Response("immediate"), Response("business_day")]),
    ),
)
def test_a_clock_is_at_risk_at_three_quarters_between_start_and_due(zone: str, minute: int, wanted: Response) -> None:
    kept = BusinessCalendar(ZoneInfo(zone))
    start = datetime(2026, 1, 1, tzinfo=UTC) + minute * MINUTE
    times = due(start, wanted, POLICY, kept)
    assert times is not None
    at_risk, end = times
    assert start < at_risk < end
    if wanted.business or wanted.kind == "business_day":
        whole, part = business_time_between(start, end, kept), business_time_between(start, at_risk, kept)
    else:
        whole, part = end - start, at_risk - start
    assert abs(part - whole * 0.75) <= timedelta(microseconds=1)


def test_a_clock_is_told_of_once_at_risk_and_once_breached(conn: Connection, open_one: Open) -> None:
    start = clock.now()
    incident = open_one(conn, at=start)
    assert clocks.check_clocks(conn, start + 44 * MINUTE) == []
    assert [found["event"] for found in clocks.check_clocks(conn, start + 45 * MINUTE)] == ["clock_at_risk"]
    assert clocks.check_clocks(conn, start + 59 * MINUTE) == []
    assert clocks.check_clocks(conn, start + 60 * MINUTE) == [
        {"incident": f"INC-{incident}", "clock": "response", "event": "clock_breached"}
    ]
    assert clocks.check_clocks(conn, start + 600 * MINUTE) == []
    assert kinds(conn, incident) == ["opened", "clock_at_risk", "clock_breached"]


def test_a_clock_found_breached_after_a_long_sleep_is_told_of_once(conn: Connection, open_one: Open) -> None:
    start = clock.now()
    incident = open_one(conn, at=start)
    assert len(clocks.check_clocks(conn, start + 5 * HOUR)) == 1
    assert clocks.check_clocks(conn, start + 5 * HOUR) == []
    assert kinds(conn, incident) == ["opened", "clock_breached"]


def test_the_queue_is_asked_to_look_when_a_clock_is_at_risk_and_when_it_is_due(
    conn: Connection, open_one: Open
) -> None:
    start = clock.now()
    open_one(conn, at=start)
    rows = conn.execute(
        "SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'fireline.clocks' ORDER BY scheduled_at"
    ).fetchall()
    assert [row["scheduled_at"] for row in rows] == [start + 45 * MINUTE, start + HOUR]


def test_a_breach_and_a_risk_wake_the_telling(conn: Connection, open_one: Open) -> None:
    start = clock.now()
    incident = open_one(conn, at=start)
    conn.execute("DELETE FROM procrastinate_jobs")
    clocks.check_clocks(conn, start + 45 * MINUTE)
    job = conn.execute("SELECT task_name, args FROM procrastinate_jobs").fetchone()
    assert job is not None
    assert (job["task_name"], job["args"]) == ("fireline.tell", {"key": str(incident)})


def test_a_stopped_clock_is_met_or_breached_for_good(conn: Connection, open_one: Open) -> None:
    start = clock.now()
    on_time, late = open_one(conn, at=start), open_one(conn, at=start)
    clocks.stop(conn, on_time, "response", start + HOUR)
    clocks.stop(conn, late, "response", start + HOUR + timedelta(seconds=1))
    far = start + 100 * HOUR
    assert [clocks.state(found, far) for found in clocks.of(conn, on_time)] == ["met"]
    assert [clocks.state(found, far) for found in clocks.of(conn, late)] == ["breached"]
    assert clocks.check_clocks(conn, far) == []
    assert kinds(conn, on_time) == ["opened"]
    assert kinds(conn, late) == ["opened", "clock_breached"], "a breach nobody noticed is told when the clock stops"
    assert clocks.stop(conn, on_time, "response", far) is None


def test_a_clock_runs_then_is_at_risk_then_breached(conn: Connection, open_one: Open) -> None:
    start = clock.now()
    (found,) = clocks.of(conn, open_one(conn, at=start))
    states = [clocks.state(found, start + n * MINUTE) for n in (0, 44, 45, 59, 60, 600)]
    assert states == ["running", "running", "at_risk", "at_risk", "breached", "breached"]


def test_a_clock_started_anew_forgets_what_was_told(conn: Connection, open_one: Open) -> None:
    start = clock.now()
    incident = open_one(conn, at=start)
    clocks.check_clocks(conn, start + 2 * HOUR)
    clocks.start(conn, incident, "response", start, Deadline("Within 4 hours", start + 3 * HOUR, start + 4 * HOUR))
    (found,) = clocks.of(conn, incident)
    assert found["breached_at"] is None
    assert clocks.state(found, start + 2 * HOUR) == "running"
    assert len(clocks.check_clocks(conn, start + 5 * HOUR)) == 1


def test_a_cancelled_clock_is_gone_and_a_stopped_one_stays(conn: Connection, open_one: Open) -> None:
    start = clock.now()
    running, stopped = open_one(conn, at=start), open_one(conn, at=start)
    clocks.stop(conn, stopped, "response", start)
    clocks.cancel(conn, running, "response")
    clocks.cancel(conn, stopped, "response")
    assert clocks.of(conn, running) == []
    assert len(clocks.of(conn, stopped)) == 1


def test_of_two_watchers_one_tells(store: Store, open_one: Open) -> None:
    start = clock.now()
    with store.transaction() as conn:
        incident = open_one(conn, at=start)
    told: list[dict[str, Any]] = []
    together = threading.Barrier(4)

    def watch() -> None:
        with store.transaction() as conn:
            together.wait()
            told.extend(clocks.check_clocks(conn, start + 2 * HOUR))

    _all_at_once(watch, 4)
    assert len(told) == 1
    with store.transaction() as conn:
        assert kinds(conn, incident) == ["opened", "clock_breached"]
        assert timeline.broken(conn, incident) is None


def test_who_acknowledges_while_the_clock_is_looked_at_does_not_deadlock_and_the_story_agrees(
    store: Store, open_one: Open
) -> None:
    start = clock.now() - HOUR - MINUTE
    with store.transaction() as conn:
        incident = open_one(conn, at=start)
    together = threading.Barrier(2)

    def watch() -> None:
        with store.transaction() as conn:
            together.wait()
            clocks.check_clocks(conn, clock.now())

    def acknowledge() -> None:
        with store.transaction() as conn:
            together.wait()
            transitions.ack(conn, Actor("anna"), incident=str(incident))

    _all_at_once(watch, 1, acknowledge)
    with store.transaction() as conn:
        assert kinds(conn, incident) == ["opened", "clock_breached", "acknowledged"]


def _all_at_once(work: Any, times: int, *others: Any) -> None:
    faults: list[BaseException] = []

    def carry_out(one: Any) -> None:
        try:
            one()
        except BaseException as fault:  # noqa: BLE001 - reported below, in the test's own thread
            faults.append(fault)

    threads = [threading.Thread(target=carry_out, args=[one]) for one in (*[work] * times, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []


@pytest.mark.parametrize("severity", USUAL)
def test_the_usual_severities_have_the_clocks_that_their_words_say(severity: Any) -> None:
    times = due(berlin(2026, 11, 23, 10, 0), severity.response, POLICY, BERLIN)
    assert times is not None
    assert times[1] - berlin(2026, 11, 23, 10, 0) == {"P0": 5 * MINUTE, "P1": HOUR, "P2": 4 * HOUR}.get(
        severity.id, 24 * HOUR
    )
