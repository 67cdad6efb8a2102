from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fireline import clock
from fireline.errors import Denied, NotFound, Usage
from fireline.incident import people, tokens
from fireline.incident.people import Actor
from fireline.store.connect import Connection

ADMIN = Actor("root", role="admin")
DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def known(conn: Connection) -> Connection:
    for name, role in (("root", "admin"), ("anna", "responder"), ("ben", "viewer")):
        people.add(conn, ADMIN, name=name, role=role)
    return conn


def used_at(conn: Connection) -> datetime | None:
    row = conn.execute("SELECT used_at FROM api_token").fetchone()
    assert row is not None
    found: datetime | None = row["used_at"]
    return found


def test_a_token_speaks_for_its_person_and_is_shown_once(known: Connection, anna: Actor, now: datetime) -> None:
    made = tokens.create_token(known, anna, label="ci")
    assert made["token"].startswith("fl_")
    assert tokens.actor_for_token(known, made["token"], now=now) == Actor("anna", role="responder", door="api")
    (listed,) = tokens.list_tokens(known, anna)
    assert (listed["token"], listed["label"], listed["person"]) == (made["id"], "ci", "anna")
    row = known.execute("SELECT api_token::text AS kept FROM api_token").fetchone()
    assert row is not None
    assert made["token"] not in str(listed) + row["kept"]


def test_a_token_has_the_role_its_person_has_today(known: Connection, anna: Actor, now: datetime) -> None:
    token = tokens.create_token(known, anna, label="ci")["token"]
    people.change(known, ADMIN, name="anna", role="viewer")
    found = tokens.actor_for_token(known, token, now=now)
    assert found is not None
    assert found.role == "viewer"


@pytest.mark.parametrize(
    "token", ["", "fl_", "fl_x", "x", "fl_" + "a" * 100_000, "fl_é\0", "fl_\ud800", "fl_' OR 1=1 --"]
)
def test_a_token_that_was_made_up_speaks_for_nobody(known: Connection, anna: Actor, now: datetime, token: str) -> None:
    tokens.create_token(known, anna, label="ci")
    assert tokens.actor_for_token(known, token, now=now) is None


def test_a_token_runs_out(known: Connection, anna: Actor, now: datetime) -> None:
    token = tokens.create_token(known, anna, label="ci", days=2)["token"]
    assert tokens.actor_for_token(known, token, now=now + DAY)
    assert tokens.actor_for_token(known, token, now=now + 2 * DAY + timedelta(seconds=5)) is None
    for_ever = tokens.create_token(known, anna, label="ci")["token"]
    assert tokens.actor_for_token(known, for_ever, now=now + 9999 * DAY)


def test_a_revoked_token_opens_nothing_and_twice_is_calm(known: Connection, anna: Actor, now: datetime) -> None:
    made = tokens.create_token(known, anna, label="ci")
    assert tokens.revoke_token(known, anna, token=made["id"])["changed"] is True
    assert tokens.actor_for_token(known, made["token"], now=now) is None
    assert tokens.revoke_token(known, anna, token=str(made["id"]))["changed"] is False


def test_a_token_found_lying_about_is_revoked_by_itself(known: Connection, anna: Actor, now: datetime) -> None:
    made = tokens.create_token(known, anna, label="ci")
    assert tokens.revoke_token(known, anna, token=f" {made['token']}\n")["id"] == made["id"]
    assert tokens.actor_for_token(known, made["token"], now=now) is None


def test_use_is_noted_once_a_minute(known: Connection, anna: Actor, now: datetime) -> None:
    token = tokens.create_token(known, anna, label="ci")["token"]
    tokens.actor_for_token(known, token, now=now)
    tokens.actor_for_token(known, token, now=now + timedelta(seconds=59))
    assert used_at(known) == now
    tokens.actor_for_token(known, token, now=now + timedelta(seconds=60))
    assert used_at(known) == now + timedelta(seconds=60)


def test_another_persons_token_is_an_admins_to_make_see_and_revoke(known: Connection, anna: Actor) -> None:
    with pytest.raises(Denied, match="anna is a responder"):
        tokens.create_token(known, anna, label="ci", person="ben")
    theirs = tokens.create_token(known, ADMIN, label="ci", person="ben")
    assert theirs["person"] == "ben"
    assert tokens.list_tokens(known, anna) == []
    assert len(tokens.list_tokens(known, ADMIN)) == 1
    with pytest.raises(NotFound, match="no such token of yours"):
        tokens.revoke_token(known, anna, token=theirs["id"])
    assert tokens.revoke_token(known, ADMIN, token=theirs["id"])["changed"] is True


def test_who_is_not_here_or_has_left_gets_no_token(known: Connection) -> None:
    with pytest.raises(NotFound, match="nobody called 'carla'"):
        tokens.create_token(known, ADMIN, label="ci", person="carla")
    people.disable(known, ADMIN, name="anna")
    with pytest.raises(Denied, match="anna has left"):
        tokens.create_token(known, ADMIN, label="ci", person="anna")


@pytest.mark.parametrize(("label", "days"), [("", None), ("x" * 101, None), ("ci", 0), ("ci", -1), ("ci", 99_999)])
def test_a_token_needs_a_label_and_a_life_that_makes_sense(
    known: Connection, anna: Actor, label: str, days: int | None
) -> None:
    with pytest.raises(Usage):
        tokens.create_token(known, anna, label=label, days=days)


@pytest.mark.parametrize("token", ["", "0", "-1", "٣", "99999999999999999999", "x", "\0"])
def test_a_token_that_is_not_there_is_not_revoked(known: Connection, anna: Actor, token: str) -> None:
    tokens.create_token(known, anna, label="ci")
    with pytest.raises(NotFound):
        tokens.revoke_token(known, anna, token=token)
