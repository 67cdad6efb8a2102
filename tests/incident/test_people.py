from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fireline import clock
from fireline.errors import Denied, FirelineError, NotFound, Refused, Usage
from fireline.incident import people, sessions, tokens
from fireline.incident.people import FIRELINE, Actor
from fireline.store.connect import Connection, Store

ADMIN = Actor("root", role="admin")
PASSWORD = "three horses by the river"
ANYTHING = st.text(st.characters(exclude_categories=()))  # halves of surrogate pairs too


def at_once(*works: Any) -> list[Any]:
    """What each of the works gave back or raised, all begun at the same moment."""
    together, results = threading.Barrier(len(works)), []

    def carry_out(work: Any) -> None:
        together.wait()
        try:
            results.append(work())
        except FirelineError as refused:
            results.append(refused)

    threads = [threading.Thread(target=carry_out, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_roles_contain_each_other_and_fireline_may_everything() -> None:
    viewer, responder, admin = (Actor("x", role=role) for role in ("viewer", "responder", "admin"))
    assert [one.may("responder") for one in (viewer, responder, admin)] == [False, True, True]
    assert [one.may("admin") for one in (viewer, responder, admin)] == [False, False, True]
    assert FIRELINE.may("admin")
    assert not FIRELINE.is_person


def test_a_person_is_added_without_showing_the_hash(conn: Connection) -> None:
    said = people.add(conn, ADMIN, name=" Anna ", display="Anna B", email="anna@example.org", password=PASSWORD)
    assert (said["name"], said["display"], said["role"], said["has_password"]) == ("anna", "Anna B", "responder", True)
    assert said["text"] == "anna is added as responder."
    (listed,) = people.list_people(conn, ADMIN)
    assert "password_hash" not in listed
    assert "argon2" not in str(listed)


def test_a_name_stands_once(conn: Connection) -> None:
    people.add(conn, ADMIN, name="anna")
    with pytest.raises(Refused, match="there is a person called anna already"):
        people.add(conn, ADMIN, name="Anna")


@pytest.mark.parametrize(
    "name",
    ["", " ", "-anna", ".anna", "anna b", "änna", "anna\n", "a" * 64, "fireline", "Fireline", "x'; --", "а" * 3, "a\0"],
)
def test_what_can_not_be_a_name_is_none(conn: Connection, name: str) -> None:
    stripped = name.strip().casefold() == "anna"
    if stripped:
        assert people.add(conn, ADMIN, name=name)["name"] == "anna"
        return
    with pytest.raises(Usage, match="can not be a person's name"):
        people.add(conn, ADMIN, name=name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "owner"},
        {"email": "nobody"},
        {"email": "a@b\r\nBcc: x@y"},
        {"email": "a b@c.org"},
        {"email": "a\0@b.org"},
        {"os_user": "a\0"},
        {"os_user": "\ud800"},
        {"email": "<a@b.org>"},
        {"os_user": "a b"},
        {"os_user": "../root"},
        {"os_user": "x" * 65},
        {"display": "x" * 101},
        {"password": "short"},
        {"password": "aaaaaaaaaaaa"},
        {"password": "anna12345678"},
    ],
)
def test_what_is_said_of_a_person_is_checked(conn: Connection, wrong: dict[str, str]) -> None:
    with pytest.raises(Usage):
        people.add(conn, ADMIN, name="anna", **wrong)
    assert people.list_people(conn, ADMIN) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ANYTHING | st.from_regex(r"[a-z0-9][a-z0-9._-]{0,62}", fullmatch=True),
    ANYTHING,
    st.builds("{}@{}".format, ANYTHING, st.just("b.org")),
    ANYTHING,
)
def test_hostile_words_are_stored_or_refused_and_nothing_else(
    conn: Connection, name: str, display: str, email: str, os_user: str
) -> None:
    with suppress(Usage, Refused):
        people.add(conn, ADMIN, name=name, display=display, email=email, os_user=os_user)
    assert isinstance(people.list_people(conn, ADMIN), list), "the transaction lives"
    assert people.person(conn, name) is None or people.known(conn, name)


def test_an_account_of_the_machine_is_one_persons(conn: Connection) -> None:
    people.add(conn, ADMIN, name="anna", os_user="anna")
    with pytest.raises(Refused, match="the account anna is somebody else's"):
        people.add(conn, ADMIN, name="ben", os_user="anna")
    people.add(conn, ADMIN, name="ben")
    with pytest.raises(Refused, match="the account anna is somebody else's"):
        people.change(conn, ADMIN, name="ben", os_user="anna")
    assert len(people.list_people(conn, ADMIN)) == 2, "the refusal did not end the transaction"


def test_a_person_changes_without_losing_what_was_not_said(conn: Connection) -> None:
    people.add(conn, ADMIN, name="anna", display="Anna B", email="anna@example.org", password=PASSWORD)
    said = people.change(conn, ADMIN, name="anna", role="admin", os_user="anna")
    assert (said["role"], said["display"], said["email"], said["os_user"]) == (
        "admin",
        "Anna B",
        "anna@example.org",
        "anna",
    )
    assert said["has_password"] is True


def test_letting_a_person_go_ends_everything_they_hold(conn: Connection) -> None:
    people.add(conn, ADMIN, name="anna", password=PASSWORD)
    now = clock.now()
    login = sessions.login(conn, "anna", PASSWORD, now=now)
    token = tokens.create_token(conn, ADMIN, label="ci", person="anna")["token"]
    assert sessions.session(conn, login.token, now=now)
    assert tokens.actor_for_token(conn, token, now=now)
    said = people.disable(conn, ADMIN, name="anna")
    assert (said["changed"], said["text"]) == (True, "anna has left; their sessions and tokens are ended.")
    assert sessions.session(conn, login.token, now=now) is None
    assert tokens.actor_for_token(conn, token, now=now) is None
    assert sessions.login(conn, "anna", PASSWORD, now=now).refusal == sessions.WRONG
    assert people.disable(conn, ADMIN, name="anna")["changed"] is False


def test_who_comes_back_has_nothing_of_the_old_account(conn: Connection) -> None:
    people.add(conn, ADMIN, name="anna", role="admin", os_user="anna", password=PASSWORD)
    people.add(conn, ADMIN, name="ben", role="admin")
    token = tokens.create_token(conn, ADMIN, label="ci", person="anna")["token"]
    people.disable(conn, ADMIN, name="anna")
    back = people.add(conn, ADMIN, name="anna", role="viewer")
    assert (back["role"], back["os_user"], back["has_password"], back["disabled_at"]) == ("viewer", None, False, None)
    assert back["text"] == "anna is back as viewer."
    assert tokens.actor_for_token(conn, token, now=clock.now()) is None


def test_the_last_admin_stays_one(conn: Connection) -> None:
    people.add(conn, ADMIN, name="anna", role="admin")
    people.add(conn, ADMIN, name="ben")
    with pytest.raises(Refused, match="anna is the last admin"):
        people.disable(conn, ADMIN, name="anna")
    with pytest.raises(Refused, match="anna is the last admin"):
        people.change(conn, ADMIN, name="anna", role="viewer")
    people.change(conn, ADMIN, name="anna", display="Anna")
    people.change(conn, ADMIN, name="ben", role="admin")
    people.disable(conn, ADMIN, name="anna")
    with pytest.raises(Refused, match="ben is the last admin"):
        people.disable(conn, ADMIN, name="ben")


def test_two_admins_can_not_end_each_other_at_once(store: Store) -> None:
    with store.transaction() as conn:
        people.add(conn, ADMIN, name="anna", role="admin")
        people.add(conn, ADMIN, name="ben", role="admin")

    def end(name: str) -> Any:
        with store.transaction() as conn:
            return people.disable(conn, ADMIN, name=name)

    results = at_once(lambda: end("anna"), lambda: end("ben"))
    assert sum(isinstance(result, Refused) for result in results) == 1
    with store.transaction() as conn:
        assert sum(one["disabled_at"] is None for one in people.list_people(conn, ADMIN)) == 1


def test_a_password_is_ones_own_or_an_admins_to_set_and_ends_the_sessions(conn: Connection) -> None:
    people.add(conn, ADMIN, name="anna", role="viewer", password=PASSWORD)
    people.add(conn, ADMIN, name="ben", role="responder")
    anna, ben, now = Actor("anna", role="viewer"), Actor("ben"), clock.now()
    login = sessions.login(conn, "anna", PASSWORD, now=now)
    people.password(conn, anna, name="Anna", password="four cows on the hill")
    assert sessions.session(conn, login.token, now=now) is None
    assert sessions.login(conn, "anna", PASSWORD, now=now).session is None
    assert sessions.login(conn, "anna", "four cows on the hill", now=now).session
    with pytest.raises(Denied, match="ben is a responder, and this needs an admin"):
        people.password(conn, ben, name="anna", password=PASSWORD)
    people.password(conn, ADMIN, name="anna", password=PASSWORD)
    people.disable(conn, ADMIN, name="anna")
    with pytest.raises(Refused, match="anna has left"):
        people.password(conn, ADMIN, name="anna", password=PASSWORD)


@pytest.mark.parametrize("role", ["viewer", "responder"])
def test_only_an_admin_adds_changes_and_lets_go(conn: Connection, role: str) -> None:
    people.add(conn, ADMIN, name="anna")
    actor = Actor("eve", role=role)
    works: list[Callable[[], Any]] = [
        lambda: people.add(conn, actor, name="eve2", role="admin"),
        lambda: people.change(conn, actor, name="eve", role="admin"),
        lambda: people.disable(conn, actor, name="anna"),
        lambda: people.password(conn, actor, name="anna", password=PASSWORD),
    ]
    for work in works:
        with pytest.raises(Denied, match=f"eve is a {role}"):
            work()


def test_nobody_of_that_name(conn: Connection) -> None:
    works: list[Callable[[], Any]] = [
        lambda: people.disable(conn, ADMIN, name="nobody"),
        lambda: people.change(conn, ADMIN, name="no\0body\ud800"),
        lambda: people.password(conn, ADMIN, name="nobody", password=PASSWORD),
    ]
    for work in works:
        with pytest.raises(NotFound, match="there is nobody called"):
            work()


def test_who_asks_is_told_who_they_are(conn: Connection) -> None:
    people.add(conn, ADMIN, name="anna", display="Anna B")
    said = people.whoami(conn, Actor("anna", door="page"))
    assert (said["name"], said["display"], said["role"], said["door"]) == ("anna", "Anna B", "responder", "page")
    assert people.whoami(conn, Actor("oncall", door="mail"))["name"] == "oncall"


# -- the first account ---------------------------------------------------------------------------------------


def test_the_first_account_is_an_admin_and_there_is_one_first(conn: Connection) -> None:
    assert people.anybody(conn) is False
    actor = people.create_first_admin(conn, name="Anna", password=PASSWORD)
    assert (actor.name, actor.role) == ("anna", "admin")
    assert people.anybody(conn) is True
    with pytest.raises(Refused, match="there is an account already"):
        people.create_first_admin(conn, name="eve", password=PASSWORD)
    with pytest.raises(Usage):
        people.create_first_admin(conn, name="eve", password="")


def test_of_two_first_accounts_at_once_one_is_made(store: Store) -> None:
    def make(name: str) -> Any:
        with store.transaction() as conn:
            return people.create_first_admin(conn, name=name, password=PASSWORD)

    results = at_once(*(partial(make, name) for name in ("anna", "ben", "carla")))
    assert sum(isinstance(result, Refused) for result in results) == 2
    with store.transaction() as conn:
        assert len(people.list_people(conn, ADMIN)) == 1


def test_the_first_account_of_the_machine_becomes_an_admin_and_the_next_does_not(conn: Connection) -> None:
    assert people.actor_for_os_user(conn, "root") == Actor("root", role="admin", door="cli")
    assert people.actor_for_os_user(conn, "root").name == "root"
    with pytest.raises(Denied, match="nobody here has the account eve") as refused:
        people.actor_for_os_user(conn, "eve")
    assert "fireline user add" in (refused.value.hint or "")


def test_of_two_first_accounts_of_the_machine_one_is_bound(store: Store) -> None:
    def bind(name: str) -> Any:
        with store.transaction() as conn:
            return people.actor_for_os_user(conn, name)

    results = at_once(*(partial(bind, name) for name in ("anna", "ben", "anna", "ben")))
    winners = {result.name for result in results if isinstance(result, Actor)}
    assert len(winners) == 1
    assert sum(isinstance(result, Denied) for result in results) == 2


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ("fireline", "fireline-admin"),  # the service's own account; Fireline itself has that name in the rows
        ("EXAMPLE\\Anna.B", "example-anna.b"),
        ("_apt", "apt"),
        ("用户", "admin"),
        ("x" * 64, "x" * 50),
    ],
)
def test_an_account_of_the_machine_becomes_a_name(conn: Connection, account: str, name: str) -> None:
    assert people.actor_for_os_user(conn, account).name == name
    assert people.actor_for_os_user(conn, account).name == name


def test_the_first_account_of_the_machine_is_the_person_who_has_its_name_with_the_role_they_have(
    conn: Connection,
) -> None:
    people.create_first_admin(conn, name="boss", password=PASSWORD)
    people.add(conn, ADMIN, name="anna", role="viewer", password=PASSWORD)
    assert people.actor_for_os_user(conn, "anna") == Actor("anna", role="viewer", door="cli")
    (anna,) = [one for one in people.list_people(conn, ADMIN) if one["name"] == "anna"]
    assert anna["has_password"] is True


def test_a_name_that_only_looks_the_same_is_not_taken_over(conn: Connection) -> None:
    people.create_first_admin(conn, name="anna", password=PASSWORD)
    assert people.actor_for_os_user(conn, "Anna").name == "anna-admin"


def test_a_bound_person_who_has_left_may_not_act(conn: Connection) -> None:
    people.actor_for_os_user(conn, "anna")
    people.add(conn, ADMIN, name="ben", role="admin")
    people.disable(conn, ADMIN, name="anna")
    with pytest.raises(Denied, match="anna has left"):
        people.actor_for_os_user(conn, "anna")
