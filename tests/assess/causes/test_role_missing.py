"""A role that is not there."""

from __future__ import annotations

from fireline.assess.causes.role_missing import judge
from fireline.assess.checks.roles import Role
from fireline.assess.diagnose import judge as judge_all
from tests.assess.refusals import away, log, roles, said, snap, the

KNOWN = roles(Role("web"), Role("shut", login=False))


def test_a_role_that_is_not_there_is_named_by_the_complaint() -> None:
    for words in ('role "api" does not exist', 'password authentication failed for user "api"'):
        found = the(judge(snap(f"FATAL:  {words}", roles=KNOWN)))
        assert found.objects == ("role api",)
        assert found.remedy.sql == ("CREATE ROLE api LOGIN",)


def test_a_name_that_differs_in_its_case_is_pointed_out() -> None:
    assert "There is a role web" in the(judge(snap('role "Web" does not exist', roles=KNOWN))).remedy.text


def test_what_strangers_try_and_roles_that_are_there_are_silent() -> None:
    stranger = log(
        said("FATAL", 'password authentication failed for user "oracle"', detail='Role "oracle" does not exist.')
    )
    assert judge(snap(roles=KNOWN, log=stranger)) == ()
    assert judge(snap('password authentication failed for user "web"', roles=KNOWN)) == ()


def test_the_missing_role_itself_learns_it_from_the_log_of_this_machine() -> None:
    told = log(said("FATAL", 'password authentication failed for user "web"', detail='Role "web" does not exist.'))
    assert the(judge(away("authentication", 'password authentication failed for user "web"', log=told))).objects == (
        "role web",
    )
    assert judge(away("authentication", 'password authentication failed for user "web"')) == ()


def test_the_targets_own_trouble_comes_before_that_of_others() -> None:
    others = [said("FATAL", 'password authentication failed for user "api"', 90 - n) for n in range(9)]
    own = said("FATAL", 'password authentication failed for user "web"', 1, detail='Role "web" does not exist.')
    seen = away("authentication", 'password authentication failed for user "web"', log=log(*others, own))
    assert [one.cause for one in judge_all(seen)][:2] == ["role_missing", "wrong_password_rotated_secret"]
