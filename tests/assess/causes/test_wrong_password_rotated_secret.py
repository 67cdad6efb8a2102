"""A password that is not the role's."""

from __future__ import annotations

from fireline.assess.causes.wrong_password_rotated_secret import judge
from fireline.assess.checks.roles import Role
from fireline.postgres.log_lines import Said
from tests.assess.refusals import ago, away, facts, log, roles, said, snap, the

REFUSAL = 'password authentication failed for user "web"'
MATCHED = 'Connection matched file "pg_hba.conf" line 3: "host all all all scram-sha-256"'


def failures(count: int, detail: str = MATCHED, host: str = "10.0.0.5") -> list[Said]:
    return [said("FATAL", REFUSAL, 100 - number, detail=detail, host=host, code="28P01") for number in range(count)]


def test_a_role_that_is_valid_and_refused_is_named_with_the_addresses() -> None:
    found = the(judge(snap(REFUSAL, roles=roles(Role("web")), log=log(*failures(4)))))
    assert "4 logins of web failed, from 10.0.0.5" in facts(found)
    assert "its password is valid for ever" in facts(found)
    assert {one.cause: one.because for one in found.rejected}[
        "role_password_expired"
    ] == "the password is valid for ever"
    assert found.remedy.sql == ()


def test_a_slip_of_a_person_is_silent_and_becomes_a_cause_by_repeating_or_by_a_complaint() -> None:
    assert judge(snap(roles=roles(Role("web")), log=log(*failures(2)))) == ()
    assert judge(snap(roles=roles(Role("web")), log=log(*failures(3)))) != ()
    assert the(judge(snap(REFUSAL, roles=roles(Role("web"))))).confidence < 0.8


def test_an_expired_a_missing_and_a_shut_role_are_their_own_causes() -> None:
    assert judge(snap(REFUSAL, roles=roles(Role("web", valid_until=ago(9))), log=log(*failures(4)))) == ()
    assert judge(snap(REFUSAL, roles=roles(Role("other")), log=log(*failures(4)))) == ()
    assert judge(snap(REFUSAL, roles=roles(Role("web", login=False)))) == ()


def test_a_login_since_the_last_failure_ends_it() -> None:
    back = Role("web", newest=ago(10), sessions=1)
    assert judge(snap(REFUSAL, roles=roles(back), log=log(*failures(5)))) == ()
    entered = said("LOG", "connection authorized: user=web database=shop", 20)
    assert judge(snap(roles=roles(Role("web")), log=log(*failures(5), entered))) == ()


def test_the_refused_role_itself_is_told_by_the_log_or_left_in_doubt() -> None:
    sure = the(judge(away("authentication", REFUSAL, log=log(*failures(1, 'Password does not match for user "web".')))))
    doubt = the(judge(away("authentication", REFUSAL)))
    assert sure.confidence > 0.8
    assert doubt.confidence < 0.6
    assert "would tell" in doubt.rejected[0].because
    expired = away("authentication", REFUSAL, log=log(*failures(3, 'User "web" has an expired password.')))
    assert judge(expired) == ()
