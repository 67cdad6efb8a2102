from __future__ import annotations

import pytest

from fireline.detect import intake, report
from fireline.errors import Usage
from fireline.incident.people import Actor
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Connection, Store, all_rows, one

ANNA = Actor("anna")


def test_a_report_becomes_an_incident_like_any_alert(store: Store) -> None:
    with store.transaction() as conn:
        given = report.send(
            conn, ANNA, title="Login is broken", text="since nine\npassword=hunter2hunter2", severity="P0"
        )
    assert given == {"status": "accepted", "signal": 1, "text": "Reported: Login is broken"}
    assert intake.take(store, Settings(), Scheme()) == 1
    with store.transaction() as conn:
        incident = one(conn, "SELECT * FROM incident")
        alert = one(conn, "SELECT * FROM alert")
        woken = all_rows(conn, "SELECT task_name FROM procrastinate_jobs WHERE task_name = 'fireline.intake'")
        signal = one(conn, "SELECT body FROM signal")
    assert incident
    assert alert
    assert signal
    assert (incident["severity"], incident["severity_reason"]) == ("P0", "the sender says “P0”")
    assert incident["symptom"] == "Login is broken\nsince nine\npassword=«redacted»"
    assert alert["annotations"] == {"reporter": "anna"}
    assert signal["body"]["text"] == "since nine\npassword=«redacted»"
    assert len(woken) == 1


def test_two_people_who_report_the_same_are_heard_as_one(store: Store) -> None:
    for who in ("anna", "ben"):
        with store.transaction() as conn:
            report.send(conn, Actor(who), title="Login is broken")
    intake.take(store, Settings(), Scheme())
    with store.transaction() as conn:
        assert [alert["count"] for alert in all_rows(conn, "SELECT count FROM alert")] == [2]


@pytest.mark.parametrize("title", ["", "  \n", "\x00"])
def test_a_report_without_a_title_is_refused(conn: Connection, title: str) -> None:
    with pytest.raises(Usage):
        report.send(conn, ANNA, title=title)
