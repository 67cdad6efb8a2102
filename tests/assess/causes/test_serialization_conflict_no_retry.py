"""Conflicts of a strict isolation level that are not repeated."""

from __future__ import annotations

import pytest

from fireline.assess.causes.serialization_conflict_no_retry import judge
from tests.assess.judging import complaining
from tests.assess.kept import facts, given, the, why_not
from tests.assess.readings import database, snapshot
from tests.assess.refusals import log, said

UPDATE = "could not serialize access due to concurrent update"
PIVOT = "could not serialize access due to read/write dependencies among transactions"
STRICT = given(role="web", default_transaction_isolation="serializable")


def test_the_servers_words_name_it_with_the_counters() -> None:
    counts = ("databases", database(rollbacks=10)), ("databases", database(rollbacks=14, deadlocks=2))
    found = the(judge(complaining(snapshot(*counts), f"ERROR:  {UPDATE}")))
    assert (found.severity, found.confidence) == ("high", 0.95)
    assert "refused a transaction of REPEATABLE READ or SERIALIZABLE with SQLSTATE 40001" in facts(found)
    assert "14 transactions were rolled back beside 50000 committed, 4 of them while we looked" in facts(found)
    assert "40P01; 2 deadlocks are counted" in why_not(found)["deadlock_lock_order"]
    assert (found.remedy.sql, found.remedy.level) == ((), "read")
    assert "repeat the whole transaction" in found.remedy.text
    assert ("SIReadLock" in found.probe.sql, found.probe.expect) == (True, "rows = 0")


def test_a_pivot_means_serializable_and_who_is_given_that_level_is_told() -> None:
    found = the(judge(complaining(snapshot(STRICT), f"ERROR:  {PIVOT}")))
    assert "refused a transaction of SERIALIZABLE with" in facts(found)
    assert found.objects == ("default_transaction_isolation of role web",)
    assert "is given default_transaction_isolation = 'serializable'" in facts(found)


def test_a_weaker_level_that_somebody_set_is_not_told() -> None:
    usual = given(role="web", default_transaction_isolation="read committed")
    assert the(judge(complaining(snapshot(usual), f"ERROR:  {UPDATE}"))).objects == ()


def test_what_the_log_says_of_it_is_told() -> None:
    line = said("ERROR", UPDATE, statement="UPDATE accounts SET sum = 1")
    found = the(judge(complaining(snapshot(("log", log(line))), "SQLSTATE 40001")))
    assert f"{UPDATE}, 1 times; UPDATE accounts SET sum" in facts(found)
    assert found.severity == "high"


@pytest.mark.parametrize("symptom", ["", "ERROR:  deadlock detected (SQLSTATE 40P01)", "it hangs", "deadlock"])
def test_without_such_a_complaint_a_program_that_repeats_is_well(symptom: str) -> None:
    busy = snapshot(
        STRICT, ("log", log(said("ERROR", UPDATE))), ("databases", database()), ("databases", database(rollbacks=900))
    )
    assert judge(complaining(busy, symptom)) == ()
