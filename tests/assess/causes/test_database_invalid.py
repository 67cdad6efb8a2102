"""What a broken DROP DATABASE leaves."""

from __future__ import annotations

from fireline.assess.causes.database_invalid import judge
from tests.assess.refusals import database, databases, snap, the


def test_an_invalid_database_is_housekeeping_until_somebody_wants_in() -> None:
    left = databases(database("shop", limit=-2))
    assert the(judge(snap(databases=left))).severity == "low"
    assert the(judge(snap('cannot connect to invalid database "shop"', databases=left))).severity == "critical"
    assert judge(snap(databases=databases(database()))) == ()
