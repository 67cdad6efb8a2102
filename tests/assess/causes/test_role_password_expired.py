"""A password that was valid until a moment that is past."""

from __future__ import annotations

from fireline.assess.causes.role_password_expired import judge
from fireline.assess.checks.roles import Role
from tests.assess.refusals import ago, away, facts, log, roles, said, snap, the

REFUSAL = 'password authentication failed for user "web"'
EXPIRED = Role("web", valid_until=ago(3600))
DETAIL = 'User "web" has an expired password.\nConnection matched file "pg_hba.conf" line 3: "host all all all scram-sha-256"'


def test_an_expired_role_that_is_refused_is_named_and_its_twin_ruled_out_by_the_date() -> None:
    found = the(judge(snap(f"FATAL: {REFUSAL}", roles=roles(EXPIRED))))
    assert found.severity == "critical"
    assert "valid until 2026-03-01 02:00 UTC" in facts(found)
    assert found.remedy.sql == ("ALTER ROLE web VALID UNTIL 'infinity'",)
    assert found.remedy.undo == ("ALTER ROLE web VALID UNTIL '2026-03-01 02:00:00+00:00'",)
    assert "wrong_password_rotated_secret" in {one.cause for one in found.rejected}


def test_the_log_tells_it_to_who_looks_without_a_complaint() -> None:
    found = the(judge(snap(roles=roles(EXPIRED), log=log(said("FATAL", REFUSAL, detail=DETAIL)))))
    assert 'User "web" has an expired password.' in facts(found)


def test_a_complaint_without_a_name_is_enough_where_one_role_alone_has_expired() -> None:
    assert the(judge(snap("the app can not log in: authentication failed", roles=roles(EXPIRED)))).objects == (
        "role web",
    )


def test_sessions_from_before_make_it_a_risk() -> None:
    living = Role("web", valid_until=ago(3600), sessions=4)
    assert the(judge(snap(roles=roles(living)))).severity == "medium"


def test_a_valid_role_and_an_expired_one_that_nobody_uses_are_silent() -> None:
    valid = Role("web", valid_until=ago(-86400))
    left = Role("intern", valid_until=ago(10**7))
    group = Role("group", login=False, valid_until=ago(10**7))
    assert judge(snap(roles=roles(valid, left, group))) == ()
    assert judge(snap(REFUSAL, roles=roles(valid, left))) == ()


def test_a_role_that_has_logged_in_since_is_silent() -> None:
    back = Role("web", valid_until=ago(-86400), newest=ago(5), sessions=1)
    assert judge(snap(REFUSAL, roles=roles(back), log=log(said("FATAL", REFUSAL, detail=DETAIL)))) == ()


def test_the_refused_role_itself_learns_it_from_the_log_of_this_machine() -> None:
    found = the(judge(away("authentication", REFUSAL, log=log(said("FATAL", REFUSAL, detail=DETAIL)))))
    assert found.title == "The password of role web has expired."
    assert found.confidence > 0.9


def test_without_the_log_it_is_a_possibility_beside_its_twin_with_what_would_tell() -> None:
    found = the(judge(away("authentication", REFUSAL)))
    assert found.title == "The password of role web may have expired."
    assert found.confidence < 0.5
    assert "rolvaliduntil" in found.rejected[0].because
