from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher

from fireline import clock
from fireline.incident import passwords, people, sessions
from fireline.incident.people import Actor
from fireline.store.connect import Connection, Store

ADMIN = Actor("root", role="admin")
PASSWORD = "three horses by the river"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def known(conn: Connection) -> Connection:
    """A store that knows anna, with a password, and ben, without."""
    people.add(conn, ADMIN, name="anna", password=PASSWORD)
    people.add(conn, ADMIN, name="ben")
    return conn


def test_a_password_becomes_a_session_of_that_person(known: Connection, now: datetime) -> None:
    login = sessions.login(known, " Anna ", PASSWORD, now=now)
    assert login.session is not None
    assert login.session.actor == Actor("anna", door="page")
    found = sessions.session(known, login.token, now=now)
    assert found == login.session
    assert found.sent_by(found.csrf)
    assert not found.sent_by("")
    assert not found.sent_by("\ud800é")


def test_the_store_knows_neither_token_nor_password(known: Connection, now: datetime) -> None:
    login = sessions.login(known, "anna", PASSWORD, now=now)
    row = known.execute("SELECT login_session::text || person::text AS kept FROM login_session, person").fetchone()
    assert row is not None
    assert login.token not in row["kept"]
    assert PASSWORD not in row["kept"]


@pytest.mark.parametrize("name", ["anna", "ben", "nobody", "", "x'; --", "a\0b", "\ud800", "ä" * 500])
def test_every_wrong_login_is_answered_with_the_same_words(known: Connection, now: datetime, name: str) -> None:
    assert sessions.login(known, name, "wrong password", now=now) == sessions.Login(None, refusal=sessions.WRONG)


@pytest.mark.usefixtures("slow_passwords")
def test_somebody_who_does_not_exist_costs_the_same_hashing(
    known: Connection, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override] # noqa: A002
            compared.append(str(hash)[:40])
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting(time_cost=2, memory_cost=19_456, parallelism=1))
    for name in ("anna", "ben", "nobody"):
        sessions.login(known, name, "wrong password", now=now)
    parameters = {one.rsplit("$", 1)[0] for one in compared}
    assert len(compared) == 3
    assert parameters == {"$argon2id$v=19$m=19456,t=2,p=1"}


@pytest.mark.parametrize("name", ["anna", "nobody"])
def test_five_failures_rest_a_name_whether_or_not_it_exists(known: Connection, now: datetime, name: str) -> None:
    for n in range(5):
        assert sessions.login(known, name, "wrong", now=now + n * MINUTE).refusal == sessions.WRONG
    resting = sessions.login(known, name, PASSWORD, now=now + 5 * MINUTE)
    assert resting.session is None
    assert resting.refusal == "too many failed logins for this name; wait 10 min"
    assert resting.wait == 10 * MINUTE
    assert sessions.login(known, name.upper(), PASSWORD, now=now + 14 * MINUTE).refusal.startswith("too many")
    later = sessions.login(known, name, PASSWORD, now=now + 15 * MINUTE)
    assert (later.session is not None) == (name == "anna")


def test_one_name_that_rests_leaves_the_others_alone(known: Connection, now: datetime) -> None:
    for _ in range(6):
        sessions.login(known, "nobody", "wrong", now=now)
    assert sessions.login(known, "anna", PASSWORD, now=now).session


def test_many_guesses_at_once_are_still_five(store: Store, now: datetime) -> None:
    with store.transaction() as conn:
        people.add(conn, ADMIN, name="anna", password=PASSWORD)
    refusals: list[str] = []

    def guess() -> None:
        with store.transaction() as conn:
            refusals.append(sessions.login(conn, "anna", "wrong", now=now).refusal)

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(refusal == sessions.WRONG for refusal in refusals) == 5
    assert sum(refusal.startswith("too many") for refusal in refusals) == 3


def test_a_session_lasts_while_it_is_used_and_a_week_at_most(known: Connection, now: datetime) -> None:
    token = sessions.login(known, "anna", PASSWORD, now=now).token
    used = now
    while used < now + 7 * 24 * HOUR - 11 * HOUR:
        used += 11 * HOUR
        assert sessions.session(known, token, now=used), used - now
    assert sessions.session(known, token, now=now + 7 * 24 * HOUR) is None


def test_a_session_ends_when_it_is_not_used(known: Connection, now: datetime) -> None:
    token = sessions.login(known, "anna", PASSWORD, now=now).token
    assert sessions.session(known, token, now=now + 12 * HOUR) is None


def test_using_a_session_again_at_once_writes_nothing(known: Connection, now: datetime) -> None:
    token = sessions.login(known, "anna", PASSWORD, now=now).token

    def version() -> object:
        row = known.execute("SELECT xmin, ctid::text, expires_at FROM login_session").fetchone()
        assert row is not None
        return row["ctid"]

    first = version()
    sessions.session(known, token, now=now + 30 * timedelta(seconds=1))
    assert version() == first
    sessions.session(known, token, now=now + 2 * MINUTE)
    assert version() != first


def test_logging_out_ends_one_session_and_twice_is_calm(known: Connection, now: datetime) -> None:
    here, there = (sessions.login(known, "anna", PASSWORD, now=now).token for _ in range(2))
    sessions.logout(known, here)
    sessions.logout(known, here)
    assert sessions.session(known, here, now=now) is None
    assert sessions.session(known, there, now=now)


@pytest.mark.parametrize("token", ["", "x", "é\0", "\ud800", "a" * 100_000])
def test_a_token_that_was_made_up_is_nobody(known: Connection, now: datetime, token: str) -> None:
    assert sessions.session(known, token, now=now) is None
    sessions.logout(known, token)


def test_a_new_role_holds_in_sessions_that_are_open(known: Connection, now: datetime) -> None:
    token = sessions.login(known, "anna", PASSWORD, now=now).token
    people.change(known, ADMIN, name="anna", role="viewer")
    found = sessions.session(known, token, now=now)
    assert found is not None
    assert found.actor.role == "viewer"


@pytest.mark.usefixtures("slow_passwords")
def test_a_hash_of_old_parameters_is_made_anew_at_the_next_login(known: Connection, now: datetime) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    known.execute("UPDATE person SET password_hash = %s WHERE name = 'anna'", [old])
    assert sessions.login(known, "anna", "wrong", now=now).session is None
    row = people.person(known, "anna")
    assert row is not None
    assert row["password_hash"] == old, "a wrong password changes nothing"
    assert sessions.login(known, "anna", PASSWORD, now=now).session
    row = people.person(known, "anna")
    assert row is not None
    assert not passwords.outdated(row["password_hash"])
    assert sessions.login(known, "anna", PASSWORD, now=now).session


def test_what_has_run_out_is_swept_away(known: Connection, now: datetime) -> None:
    sessions.login(known, "anna", PASSWORD, now=now)
    sessions.login(known, "anna", "wrong", now=now)
    assert sessions.sweep(known, now + HOUR) == 0
    assert sessions.sweep(known, now + 25 * HOUR) == 3
