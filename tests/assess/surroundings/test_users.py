"""The estimate of the users affected: what it rests on, and when the target is left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from fireline.assess.surrounding import Circumstances, Read, Seen
from fireline.assess.surroundings.users import NAME, UsersSettings, surrounding
from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests.assess.faults import Faults

QUERY = "SELECT count(DISTINCT person) FROM stuck"
NOWHERE = Target("main", Secret("host=127.0.0.1 port=1"))


@pytest.fixture
def shop(patient: Target) -> Target:
    """A patient that knows three people who are stuck."""
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE stuck (person int)")
        conn.execute("INSERT INTO stuck VALUES (1), (2), (2), (3)")
    return patient


def ask(timeout: str = "5s", **known: Any) -> Seen | None:
    own = UsersSettings.model_validate({"timeout": timeout})
    (question,) = surrounding.questions(own, Circumstances(**{"assessed": True, **known}))
    assert question.name == NAME
    return question.ask()


def told(**known: Any) -> Seen:
    seen = ask(**known)
    assert seen is not None
    return seen


def sentry(users: int, name: str = "issue 7") -> Read:
    return Read("sentry", name, Seen("ailing", "x", facts={"users": users, "short_id": "SHOP-7K"}))


def finding(waiting: int = 0, refused: int = 0, **more: Any) -> dict[str, Any]:
    suffering = {"waiting": waiting, "refused": refused}
    return {"target": "main", "probe_state": "red", "family": "locks", "verdict": {"suffering": suffering}, **more}


def kept(seen: Seen) -> dict[tuple[str, str], dict[str, Any]]:
    return {("users", NAME): {"facts": seen.facts}}


def test_sentry_goes_first_and_the_issue_with_most_users_counts(shop: Target) -> None:
    seen = told(read=(sentry(40), sentry(412, "issue 8")), target=shop, users_query=QUERY)
    assert (seen.state, seen.title, seen.detail) == ("ailing", "about 412 users", "Sentry counts them on SHOP-7K")
    assert (seen.facts["unit"], seen.facts["at_least"], seen.facts["basis"]) == ("users", False, "sentry")


def test_a_sentry_that_is_told_of_no_users_is_no_basis(shop: Target) -> None:
    seen = told(read=(sentry(0), Read("sentry", "issue 9", None)), target=shop, users_query=QUERY)
    assert (seen.title, seen.facts["basis"]) == ("about 3 users", "query")
    assert seen.detail == "the team's own query on main"


def test_nobody_affected_is_an_answer_of_the_query(shop: Target) -> None:
    assert (told(target=shop, users_query="SELECT 0").state, told(target=shop, users_query="SELECT 0").title) == (
        "well", "about 0 users",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DELETE FROM stuck RETURNING 1", "not proved to only read"),
        ("SELECT count(*) FROM nothing", "does not exist"),
        ("SELECT 'many'", "reads no number"),
        ("SELECT person FROM stuck WHERE false", "reads no number"),
        ("SELECT -1", "reads no number"),
        ("SELECT true", "reads no number"),
        ("SELECT 1; SELECT 2", "not proved to only read"),
    ],
)
def test_a_query_that_is_no_read_of_a_number_is_unknown_with_the_reason(shop: Target, query: str, said: str) -> None:
    seen = told(target=shop, users_query=query)
    assert seen.state == "unknown"
    assert said in seen.title
    with psycopg.connect(shop.dsn.reveal()) as conn:
        assert conn.execute("SELECT count(*) FROM stuck").fetchone() == (4,)


def test_a_query_that_takes_too_long_is_ended_at_the_server(shop: Target) -> None:
    slow = "SELECT count(*) FROM generate_series(1, 10000000000)"
    seen = told(target=shop, users_query=slow, timeout="200ms")
    assert "canceling statement due to statement timeout" in seen.title
    with psycopg.connect(shop.dsn.reveal()) as conn:
        left = (
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE %s AND state = 'active' AND pid <> pg_backend_pid()"
        )
        assert conn.execute(left, ["%10000000000%"]).fetchone() == (0,)


def test_a_query_whose_table_is_locked_gives_way_at_once(shop: Target) -> None:
    with psycopg.connect(shop.dsn.reveal()) as conn:
        conn.execute("LOCK TABLE stuck IN ACCESS EXCLUSIVE MODE")
        seen = told(target=shop, users_query=QUERY)
    assert "lock" in seen.title
    assert seen.state == "unknown"


def test_the_query_waits_until_the_target_was_looked_at(shop: Target) -> None:
    assert ask(target=shop, users_query=QUERY, assessed=False) is None
    assert told(target=shop, users_query=QUERY).facts["estimate"] == 3


def test_a_target_that_lets_nobody_in_is_left_alone() -> None:
    seen = told(target=NOWHERE, users_query=QUERY, finding=finding(refused=40, family="connections"))
    assert (seen.title, seen.facts["unit"]) == ("at least 40 connections", "connections")
    assert seen.facts["notes"] == ["the team's query was not asked: the target has trouble letting anybody in"]
    gone = told(target=NOWHERE, users_query=QUERY, finding=finding(family="connections", probe_state="green"))
    assert "nothing listens" in gone.title, "once its cause is gone it is asked again"


def test_else_the_sessions_that_wait_now_are_counted(shop: Target) -> None:
    with Faults(shop) as trouble:
        trouble.idle("worker", "UPDATE stuck SET person = 9 WHERE person = 1")
        trouble.waiting("web", "UPDATE stuck SET person = 8 WHERE person = 1")
        trouble.waiting("mobile", "UPDATE stuck SET person = 7 WHERE person = 1")
        seen = told(target=shop, finding=finding(waiting=1))
    assert (seen.title, seen.facts["at_least"], seen.facts["unit"]) == ("at least 2 sessions", True, "sessions")
    assert seen.detail == "so many wait for another on main"


def test_when_nobody_can_be_asked_what_the_look_saw_counts() -> None:
    assert told(target=NOWHERE, finding=finding(waiting=1)).title == "at least 1 session"


def test_when_nothing_is_known_nothing_is_said() -> None:
    assert ask() is None
    assert ask(finding=finding()) is None
    assert ask(finding=finding(waiting=5, probe_state="green")) is None


def test_the_most_that_was_seen_stays(shop: Target) -> None:
    most = told(read=(sentry(412),))
    seen = told(read=(sentry(30),), before=kept(most))
    assert (seen.facts["estimate"], seen.facts["now"]) == (412, 30)
    assert seen.detail.endswith("; 30 now")
    fresh = told(target=shop, users_query=QUERY, before=kept(told(target=NOWHERE, finding=finding(waiting=50))))
    assert fresh.facts["estimate"] == 3, "sessions are no users"


def test_a_weaker_basis_does_not_replace_a_better_one() -> None:
    before = kept(told(read=(sentry(412),)))
    assert ask(target=NOWHERE, finding=finding(waiting=5), before=before) is None
    assert ask(target=NOWHERE, users_query=QUERY, before=before) is None


def test_a_number_that_grows_is_news_when_it_has_doubled() -> None:
    news = [told(read=(sentry(number),)).news for number in (100, 110, 200)]
    assert news[0] == news[1] != news[2]


def test_it_has_time_to_connect_before_it_is_given_up() -> None:
    (question,) = surrounding.questions(UsersSettings(), Circumstances())
    assert question.limit >= timedelta(seconds=15)
