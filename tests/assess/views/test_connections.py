from dataclasses import replace
from datetime import timedelta

from fireline.assess.look import look
from fireline.assess.view import told
from fireline.assess.views.connections import view
from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.views.looking import seen


def test_sessions_are_counted_by_state_user_and_application(target: Target, faults: Faults) -> None:
    for _ in range(3):
        faults.open("web", autocommit=True).execute("SELECT 1")
    pid = faults.idle("job", "UPDATE orders SET n = 1 WHERE id = 1")
    found = seen(target, "connections")
    assert " of 57 slots for ordinary roles used" in found.facts[0]
    by_application = {row["application"]: row for row in found.tables["By user and application"]}
    assert (by_application["web"]["sessions"], by_application["web"]["idle"]) == (3, 3)
    assert by_application["job"]["idle_in_tx"] == 1
    assert found.tables["Oldest transactions"][0]["pid"] == pid
    assert {"idle", "idle in transaction"} <= {row["state"] for row in found.tables["By state"]}
    assert found.tables["Perhaps left open"] == []


def test_many_that_are_long_idle_are_shown_as_perhaps_left_open(target: Target, faults: Faults) -> None:
    for _ in range(4):
        faults.open("leaky", autocommit=True).execute("SELECT 4 AS last_thing")
    snapshot = look(target)
    (reading, *_) = snapshot.locks[-1:]
    later = replace(reading, at=reading.at + timedelta(minutes=20))
    shown = told(view, replace(snapshot, readings={**snapshot.readings, "locks": (later,)}))
    (left_open,) = [one["rows"] for one in shown["sections"] if one["title"] == "Perhaps left open"]
    (leaky,) = [row for row in left_open if row["application"] == "leaky"]
    assert leaky["sessions"] == 4
    assert leaky["last_statement"] == "SELECT 4 AS last_thing"
    assert leaky["idle_s"] >= 1200
