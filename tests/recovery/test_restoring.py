"""A database made for a restore: like the one that was backed up, closed to all others, and dropped only when it is provably ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fireline.errors import Refused
from fireline.postgres.connect import Target
from fireline.recovery import restoring
from fireline.recovery.restores import COMMENT
from fireline.recovery.restoring import Place
from fireline.redact import Secret
from tests.recovery.place import databases, owner

LIKE = ("encoding", "collate", "ctype", "provider", "locale", "icu_rules")
BUILTIN_FROM, ICU_FROM = 17, 15


@contextmanager
def made(target: Target, like: dict[str, Any], token: str = "t1") -> Iterator[Place]:
    """A database that a restore has begun with."""
    place = Place(target, f"{target.name}_beside_{token}", token)
    restoring.create(place, like)
    try:
        yield place
    finally:
        with owner(target, "postgres") as conn:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(place.database)))


def inside(place: Place) -> Target:
    """The database as a target of its own."""
    return Target("inside", Secret(make_conninfo(place.target.dsn.reveal(), dbname=place.database)))


def major(target: Target) -> int:
    with owner(target) as conn:
        return conn.info.server_version // 10000


@pytest.mark.parametrize(
    ("like", "since"),
    [
        ({"encoding": "LATIN1", "collate": "C", "ctype": "C", "provider": "c"}, 0),
        ({"encoding": "SQL_ASCII", "collate": "C", "ctype": "C", "provider": "c"}, 0),
        ({"encoding": "UTF8", "collate": "C", "ctype": "C", "provider": "b", "locale": "C.UTF-8"}, BUILTIN_FROM),
    ],
    ids=["latin1", "ascii", "builtin"],
)
def test_it_has_the_encoding_and_locale_of_the_one_that_was_backed_up(
    target: Target, like: dict[str, Any], since: int
) -> None:
    if major(target) < since:
        pytest.skip(f"PostgreSQL {since} brought this")
    with made(target, like) as place:
        found = restoring.likeness(inside(place))
        assert {key: found[key] for key in like} == like


def test_one_with_icu_has_its_locale_and_rules(target: Target) -> None:
    with owner(target) as conn:
        row = conn.execute("SELECT 1 FROM pg_collation WHERE collname = 'de-x-icu'").fetchone()
    if row is None or major(target) < ICU_FROM:
        pytest.skip("this server was built without ICU for databases")
    like = {"encoding": "UTF8", "collate": "C", "ctype": "C", "provider": "i", "locale": "de"}
    with made(target, like | {"icu_rules": "&a < g" if major(target) > ICU_FROM else None}) as place:
        found = restoring.likeness(inside(place))
        assert {key: found[key] for key in like} == like
        again = Place(target, f"{place.database}_again", "t2")
        restoring.create(again, found)  # a likeness is all that is needed for another one
        assert {key: restoring.likeness(inside(again))[key] for key in LIKE} == {key: found[key] for key in LIKE}
        assert restoring.drop(target, again.database, "t2")


def test_a_locale_that_this_server_has_not_is_said_in_one_line_and_nothing_is_made(target: Target) -> None:
    before = databases(target)
    like = {"encoding": "UTF8", "collate": "xx_XX.utf8", "ctype": "xx_XX.utf8", "provider": "c"}
    with pytest.raises(Refused, match="no database could be made for the restore: ") as refused:
        restoring.create(Place(target, "never", "t1"), like)
    assert "\n" not in refused.value.message
    assert databases(target) == before


def test_only_its_owner_and_superusers_get_in(target: Target) -> None:
    with owner(target) as conn, made(target, restoring.likeness(target)) as place:
        row = conn.execute(
            "SELECT has_database_privilege('pg_monitor', %s, 'CONNECT'), has_database_privilege(current_user, %s, 'CONNECT')",
            [place.database, place.database],
        ).fetchone()
    assert row == (False, True)


def test_it_is_dropped_with_whoever_is_in_it_and_a_second_time_is_no_harm(target: Target) -> None:
    with made(target, restoring.likeness(target)) as place, owner(target, place.database) as inside_it:
        assert restoring.exists(target, place.database)
        with pytest.raises(Refused, match="does not bear the mark"):
            restoring.drop(target, place.database, "another")
        assert restoring.drop(target, place.database, place.token)
        with pytest.raises(psycopg.OperationalError):
            inside_it.execute("SELECT 1")
        assert not restoring.exists(target, place.database)
        assert not restoring.drop(target, place.database, place.token)


@pytest.mark.parametrize("comment", [None, "precious", COMMENT, f"{COMMENT}t", f"{COMMENT}t11"])
def test_one_whose_mark_is_not_exactly_ours_stays(patient: Target, comment: str | None) -> None:
    with made(patient, restoring.likeness(patient)) as place:
        with owner(patient) as conn:
            name, said = sql.Identifier(place.database), sql.Literal(comment)
            conn.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, said))
        with pytest.raises(Refused, match="does not bear the mark"):
            restoring.drop(patient, place.database, place.token)
        assert restoring.exists(patient, place.database)


def test_roles_that_are_not_there_are_named_and_public_is_none(patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), row_factory=psycopg.rows.dict_row) as conn:
        wanted = ["public", "pg_monitor", "nobody's", "Über"]
        assert restoring.missing_roles(conn, wanted) == ["nobody's", "Über"]
        assert restoring.missing_roles(conn, []) == []


def test_a_role_that_is_no_superuser_makes_it_its_owners_so_that_tables_can_be_theirs(patient: Target) -> None:
    live = str(conninfo_to_dict(patient.dsn.reveal())["dbname"])
    words = {
        "db": sql.Identifier(live),
        "owner": sql.Identifier(f"{live}_owner"),
        "weak": sql.Identifier(f"{live}_weak"),
    }
    with owner(patient, "postgres") as conn:
        for statement in (
            "CREATE ROLE {owner}",
            "CREATE ROLE {weak} LOGIN PASSWORD 'weak' CREATEDB IN ROLE {owner}",
            "ALTER DATABASE {db} OWNER TO {owner}",
        ):
            conn.execute(sql.SQL(statement).format(**words))
    weak = replace(patient, dsn=Secret(make_conninfo(patient.dsn.reveal(), user=f"{live}_weak", password="weak")))
    try:
        with made(weak, restoring.likeness(weak)) as place:
            with psycopg.connect(inside(place).dsn.reveal()) as conn:
                conn.execute("CREATE TABLE kept (i int)")
                conn.execute(sql.SQL("ALTER TABLE kept OWNER TO {owner}").format(**words))
            assert restoring.drop(weak, place.database, place.token)
    finally:
        with owner(patient, "postgres") as conn:
            for statement in ("ALTER DATABASE {db} OWNER TO CURRENT_USER", "DROP ROLE {weak}", "DROP ROLE {owner}"):
                conn.execute(sql.SQL(statement).format(**words))
