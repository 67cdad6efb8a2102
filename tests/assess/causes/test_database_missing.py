"""A database that is not there."""

from __future__ import annotations

from fireline.assess.causes.database_missing import judge
from tests.assess.refusals import away, database, databases, facts, log, said, snap, the


def test_a_database_that_is_not_there_is_named_with_those_that_are() -> None:
    words = 'database "shop" does not exist'
    found = the(judge(snap(words, databases=databases(database("shop_old")))))
    assert "there are shop_old, postgres" in facts(found)
    assert found.remedy.level == "destructive"
    assert judge(snap(words, databases=databases(database("shop")))) == ()
    assert judge(snap(databases=databases(), log=log(said("FATAL", words)))) == ()
    assert the(judge(away("no_such_database", words))).objects == ("database shop",)
