"""Roles and databases that are not there, or not to be used."""

from __future__ import annotations

from fireline.assess.causes import database_invalid, database_missing, role_login_disabled, role_missing
from fireline.assess.checks.roles import Role
from tests.assess.refusals import away, database, databases, facts, log, roles, said, snap, the

KNOWN = roles(Role("web"), Role("shut", login=False))


def test_a_role_that_is_not_there_is_named_by_the_complaint() -> None:
    for words in ('role "api" does not exist', 'password authentication failed for user "api"'):
        found = the(role_missing.judge(snap(f"FATAL:  {words}", roles=KNOWN)))
        assert found.objects == ("role api",)
        assert found.remedy.sql == ("CREATE ROLE api LOGIN",)


def test_a_name_that_differs_in_its_case_is_pointed_out() -> None:
    assert "There is a role web" in the(role_missing.judge(snap('role "Web" does not exist', roles=KNOWN))).remedy.text


def test_what_strangers_try_and_roles_that_are_there_are_silent() -> None:
    stranger = log(
        said("FATAL", 'password authentication failed for user "oracle"', detail='Role "oracle" does not exist.')
    )
    assert role_missing.judge(snap(roles=KNOWN, log=stranger)) == ()
    assert role_missing.judge(snap('password authentication failed for user "web"', roles=KNOWN)) == ()


def test_the_missing_role_itself_learns_it_from_the_log_of_this_machine() -> None:
    told = log(said("FATAL", 'password authentication failed for user "web"', detail='Role "web" does not exist.'))
    assert the(
        role_missing.judge(away("authentication", 'password authentication failed for user "web"', log=told))
    ).objects == ("role web",)
    assert role_missing.judge(away("authentication", 'password authentication failed for user "web"')) == ()


def test_a_role_without_login_is_named_when_it_wants_in() -> None:
    words = 'role "shut" is not permitted to log in'
    found = the(role_login_disabled.judge(snap(roles=KNOWN, log=log(said("FATAL", words)))))
    assert found.remedy.sql == ("ALTER ROLE shut LOGIN",)
    assert role_login_disabled.judge(snap(roles=KNOWN)) == ()
    assert the(role_login_disabled.judge(away("login_forbidden", words))).objects == ("role shut",)


def test_a_database_that_is_not_there_is_named_with_those_that_are() -> None:
    words = 'database "shop" does not exist'
    found = the(database_missing.judge(snap(words, databases=databases(database("shop_old")))))
    assert "there are shop_old, postgres" in facts(found)
    assert found.remedy.level == "destructive"
    assert database_missing.judge(snap(words, databases=databases(database("shop")))) == ()
    assert database_missing.judge(snap(databases=databases(), log=log(said("FATAL", words)))) == ()
    assert the(database_missing.judge(away("no_such_database", words))).objects == ("database shop",)


def test_an_invalid_database_is_housekeeping_until_somebody_wants_in() -> None:
    left = databases(database("shop", limit=-2))
    assert the(database_invalid.judge(snap(databases=left))).severity == "low"
    assert (
        the(database_invalid.judge(snap('cannot connect to invalid database "shop"', databases=left))).severity
        == "critical"
    )
    assert database_invalid.judge(snap(databases=databases(database()))) == ()
