"""A standby whose queries keep dead rows alive here."""

from __future__ import annotations

from fireline.assess.causes.xmin_held_by_standby import judge
from tests.assess.judging import complaining
from tests.assess.kept import bloated, facts, holder, horizon, the, why_not
from tests.assess.readings import snapshot

ASKED = "dead rows in orders keep growing"


def test_the_standby_is_named_whether_it_has_a_slot_or_not() -> None:
    found = the(judge(snapshot(horizon(holder("standby")), bloated())))
    assert "replica (10.0.0.7) says by hot_standby_feedback" in facts(found)
    assert found.probe.sql.startswith("SELECT age(backend_xmin) AS age FROM pg_stat_activity WHERE pid = 43")
    slot = holder("slot", age=5000, type="physical", state="active", name="replica_slot")
    found = the(judge(snapshot(horizon(slot), bloated())))
    assert found.objects[0] == "standby replica_slot"
    assert "pg_replication_slots" in found.probe.sql
    assert why_not(found)["xmin_held_by_slot"] == "no replication slot holds back anything"


def test_a_session_here_comes_first_and_a_standby_that_holds_nothing_is_silent() -> None:
    assert judge(complaining(snapshot(horizon(holder("standby"), holder("session")), bloated()), ASKED)) == ()
    assert judge(complaining(snapshot(horizon(holder("standby", age=1)), bloated()), ASKED)) == ()
    assert judge(snapshot(horizon(holder("standby")))) == ()
    assert judge(complaining(snapshot(horizon(holder("standby"))), ASKED))
