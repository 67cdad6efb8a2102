"""The highest number that is taken in a column."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fireline.assess.checks.sequences import read as read_sequences
from fireline.assess.follow_ups.taken_numbers import TakenNumbers, read, wanted
from fireline.assess.snapshot import Asked
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN, complaining
from tests.assess.poor_role import poor

TABLES = (
    "CREATE TABLE bills (id serial PRIMARY KEY); INSERT INTO bills VALUES (3), (70);"
    "CREATE TABLE empty (id serial PRIMARY KEY); CREATE TABLE round (id serial); ALTER SEQUENCE round_id_seq CYCLE"
)


def seen(target: Target) -> tuple[dict[str, int], TakenNumbers]:
    """The numbers of the sequences by name, and the reading."""
    with connect(target, lock_timeout=timedelta(milliseconds=50)) as conn:
        sequences = read_sequences(conn, NOTHING_SEEN)
        conn.rollback()
        found = read(conn, replace(NOTHING_SEEN, readings={"sequences": (sequences,)}))
    return {one.name: one.oid for one in sequences.sequences}, found


def test_the_highest_number_is_read_and_an_empty_column_has_none(target: Target, faults: Faults) -> None:
    faults.owner.execute(TABLES)
    oids, found = seen(target)
    assert found == TakenNumbers({oids["bills_id_seq"]: 70, oids["empty_id_seq"]: None})


def test_what_is_locked_or_not_allowed_is_unread_with_the_reason(target: Target, faults: Faults) -> None:
    faults.owner.execute(TABLES)
    faults.idle("migration", "LOCK TABLE bills IN ACCESS EXCLUSIVE MODE")
    oids, found = seen(target)
    assert found.highest == {oids["empty_id_seq"]: None}
    assert found.unread == {oids["bills_id_seq"]: "canceling statement due to lock timeout"}
    with poor(target, faults, "SELECT ON bills_id_seq") as few:
        oids, found = seen(few)
    assert found.highest == {}
    assert found.unread[oids["empty_id_seq"]] == "permission denied for table empty"


def test_the_tables_are_left_alone_unless_the_complaint_is_about_numbers() -> None:
    assert not wanted(NOTHING_SEEN)
    assert not wanted(complaining(NOTHING_SEEN, "the site is slow"))
    assert wanted(complaining(NOTHING_SEEN, "duplicate key value violates unique constraint"))
    assert wanted(replace(NOTHING_SEEN, asked=Asked(deep=True)))
