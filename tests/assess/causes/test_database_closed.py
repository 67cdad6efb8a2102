"""A database that takes no connections."""

from __future__ import annotations

from fireline.assess.causes.database_closed import judge
from tests.assess.refusals import away, database, databases, log, said, snap, the

REFUSAL = 'database "shop" is not currently accepting connections'
CLOSED = databases(database(allows=False))


def test_a_closed_database_that_is_asked_for_is_named() -> None:
    found = the(judge(snap(f"FATAL:  {REFUSAL}", databases=CLOSED)))
    assert found.remedy.sql == ("ALTER DATABASE shop WITH ALLOW_CONNECTIONS true",)
    assert found.remedy.undo == ("ALTER DATABASE shop WITH ALLOW_CONNECTIONS false",)
    assert found.severity == "critical"


def test_the_log_tells_it_to_who_looks_without_a_complaint() -> None:
    assert the(judge(snap(databases=CLOSED, log=log(said("FATAL", REFUSAL))))).objects == ("database shop",)


def test_closed_and_missed_by_nobody_or_open_again_is_silent() -> None:
    assert judge(snap(databases=CLOSED)) == ()
    assert judge(snap("the app is slow", databases=CLOSED)) == ()
    assert judge(snap(REFUSAL, databases=databases(database()), log=log(said("FATAL", REFUSAL)))) == ()


def test_the_refusal_alone_is_enough_and_a_complaint_alone_is_not() -> None:
    assert the(judge(away("database_closed", REFUSAL))).confidence > 0.9
    assert judge(away("slots", "sorry, too many clients already", REFUSAL)) == ()
