"""A guessed password."""

from __future__ import annotations

from fireline.assess.causes.brute_force_success import judge
from fireline.assess.causes.wrong_password_rotated_secret import judge as rotated
from fireline.assess.checks.roles import Role
from fireline.postgres.log_lines import Said
from tests.assess.refusals import ago, facts, locks, log, roles, said, session, snap, the

STRANGER = "203.0.113.9"


def burst(count: int, *names: str, host: str = STRANGER, begun: float = 300, every: float = 0.5) -> list[Said]:
    found = []
    for number in range(count):
        message = f'password authentication failed for user "{names[number % len(names)]}"'
        found.append(said("FATAL", message, begun - number * every, host=host))
    return found


def entered(user: str, seconds: float, host: str = STRANGER) -> Said:
    return said("LOG", f"connection authorized: user={user} database=shop", seconds, host=host)


OWN = session(1, client="10.0.0.5")
THERE = session(9, client=STRANGER, backend_start=ago(200), application="psql")


def test_a_burst_and_then_a_login_from_a_strange_address_is_named_and_its_sessions_are_ended() -> None:
    seen = log(*burst(20, "web", "admin"), entered("web", 200))
    found = the(judge(snap(log=seen, roles=roles(Role("web")), locks=locks(OWN, THERE))))
    assert found.objects == ("role web", f"address {STRANGER}")
    assert "20 logins from 203.0.113.9 failed, as web, admin" in facts(found)
    assert found.remedy.sql[0] == "ALTER ROLE web NOLOGIN"
    assert STRANGER in found.remedy.sql[1]
    assert found.remedy.undo == ("ALTER ROLE web LOGIN",)


def test_the_session_alone_tells_where_logins_are_not_logged() -> None:
    assert (
        the(judge(snap(log=log(*burst(15, "web")), roles=roles(Role("web")), locks=locks(OWN, THERE)))).cause
        == "brute_force_success"
    )


def test_an_application_whose_secret_was_mended_is_none() -> None:
    mended = session(5, client=STRANGER, backend_start=ago(200))
    assert (
        judge(snap(log=log(*burst(40, "web"), entered("web", 200)), roles=roles(Role("web")), locks=locks(mended)))
        == ()
    )
    before = log(entered("web", 800), *burst(40, "web"), entered("web", 200))
    assert judge(snap(log=before, roles=roles(Role("web")), locks=locks(OWN, mended))) == ()


def test_failures_without_a_success_few_ones_and_slow_ones_are_none() -> None:
    for lines in (
        burst(50, "web", "admin"),
        [*burst(5, "web"), entered("web", 200)],
        [*burst(20, "web", every=10), entered("web", 50)],
    ):
        assert judge(snap("many failed logins", log=log(*lines), roles=roles(Role("web")), locks=locks(OWN))) == ()


def test_once_the_role_is_shut_and_the_sessions_are_gone_it_is_over() -> None:
    seen = log(*burst(20, "web", "admin"), entered("web", 200))
    assert judge(snap(log=seen, roles=roles(Role("web", login=False)), locks=locks(OWN))) == ()


def test_a_rotated_secret_is_not_named_for_a_role_that_was_guessed() -> None:
    seen = log(*burst(20, "web", "admin"), entered("web", 295))
    assert (
        rotated(
            snap(
                'password authentication failed for user "web"',
                log=seen,
                roles=roles(Role("web")),
                locks=locks(OWN, THERE),
            )
        )
        == ()
    )
