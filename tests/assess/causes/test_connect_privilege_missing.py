"""No CONNECT on the database."""

from __future__ import annotations

from fireline.assess.causes.connect_privilege_missing import judge
from tests.assess.refusals import away, log, said, snap, the

WORDS = 'permission denied for database "shop"'
TOLD = said("FATAL", WORDS, user="web", database="shop", detail="User does not have CONNECT privilege.")


def test_the_refused_role_itself_is_told_which_grant_is_missing() -> None:
    found = the(judge(away("connect_denied", WORDS)))
    assert found.remedy.sql == ("GRANT CONNECT ON DATABASE shop TO web",)
    assert found.remedy.undo == ("REVOKE CONNECT ON DATABASE shop FROM web",)


def test_others_learn_it_from_a_log_that_tells_who_it_was_when_somebody_complains() -> None:
    assert the(judge(snap("permission denied", log=log(TOLD)))).objects == ("role web", "database shop")
    assert judge(snap(log=log(TOLD))) == ()
    assert (
        judge(snap("permission denied", log=log(said("ERROR", "permission denied for table orders", user="web")))) == ()
    )
