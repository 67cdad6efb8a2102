"""A prepared transaction that keeps dead rows alive."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.xmin_held_by_prepared import judge
from fireline.assess.snapshot import Prepared
from tests.assess.judging import complaining
from tests.assess.kept import ago, bloated, facts, holder, horizon, the, why_not
from tests.assess.readings import snapshot
from tests.assess.test_tangle import NOW, reading, session, wait

ASKED = "dead rows in orders keep growing"


def test_dead_rows_that_a_vacuum_left_name_it() -> None:
    found = the(judge(snapshot(horizon(holder("prepared", name="it's \\ mine")), bloated())))
    assert found.remedy.sql == ("ROLLBACK PREPARED E'it''s \\\\ mine'", 'VACUUM (ANALYZE) public."Orders"')
    assert found.remedy.level == "destructive"
    assert "is prepared for 4 min; it holds back 5000 transactions" in facts(found)
    assert why_not(found)["xmin_held_by_session"] == "no session holds back anything"


def test_a_younger_session_is_told_with_its_age() -> None:
    found = the(judge(snapshot(horizon(holder("prepared"), holder("session", age=10)), bloated())))
    assert why_not(found)["xmin_held_by_session"] == "the oldest session holds back 10 transactions, this one 5000"


def test_it_is_silent_for_a_moment_and_named_when_asked_or_old() -> None:
    young = snapshot(horizon(holder("prepared")))
    assert judge(young) == ()
    assert judge(complaining(young, ASKED))
    assert judge(snapshot(horizon(holder("prepared", since=ago(1000)))))
    assert judge(complaining(snapshot(horizon(holder("session"))), ASKED)) == ()


def test_when_somebody_waits_for_its_locks_that_is_the_worse_trouble() -> None:
    prepared = Prepared("77", "tx-1", NOW, "web", "app")
    held = replace(wait(0), pid=None, granted=True, transaction="77", virtual="9/9")
    waited = reading(session(2), blocked={2: (0,)}, locks=(wait(2), held), prepared={"77": prepared})
    stuck = snapshot(horizon(holder("prepared", since=ago(1000))), ("locks", waited))
    assert judge(stuck) == ()
    assert judge(complaining(stuck, ASKED))
