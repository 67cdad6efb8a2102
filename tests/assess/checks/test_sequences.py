"""How far sequences are, and which columns take their numbers."""

from __future__ import annotations

from fireline.assess.checks.sequences import Sequence, Sequences, blind, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import POOR, poor

BILLS = (
    "CREATE TABLE bills (id serial PRIMARY KEY, own bigint GENERATED ALWAYS AS IDENTITY);"
    "ALTER SEQUENCE bills_id_seq AS bigint; SELECT setval('bills_id_seq', 40)"
)


def seen(target: Target) -> Sequences:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def named(found: Sequences, name: str) -> Sequence:
    (one,) = [one for one in found.sequences if one.name == name]
    return one


def test_a_sequence_ends_where_its_column_does(target: Target, faults: Faults) -> None:
    faults.owner.execute(BILLS)
    found = seen(target)
    serial, own = named(found, "bills_id_seq"), named(found, "bills_own_seq")
    assert (serial.table, serial.column, serial.column_type, serial.type) == ("public.bills", "id", "integer", "bigint")
    assert (serial.last, serial.ceiling, serial.indexed, serial.keys) == (40, 2**31 - 1, True, ("bills_pkey",))
    assert (own.last, own.identity, own.ceiling, own.indexed) == (None, "a", 2**63 - 1, False)
    faults.owner.execute("SELECT setval('bills_id_seq', 2147483647)")
    assert named(seen(target), "bills_id_seq").used == 1


def test_numbers_beyond_the_sequence_are_known_from_what_was_analysed(target: Target, faults: Faults) -> None:
    faults.owner.execute(BILLS)
    faults.owner.execute("INSERT INTO bills (id) SELECT generate_series(1, 100); ANALYZE bills")
    one = named(seen(target), "bills_id_seq")
    assert (one.highest, one.rows) == (100, 100)
    assert one.beyond >= 50


def test_a_locked_sequence_is_not_waited_for_and_a_locked_table_is_no_matter(target: Target, faults: Faults) -> None:
    faults.owner.execute(BILLS)
    faults.idle("app", "LOCK TABLE bills IN ACCESS EXCLUSIVE MODE")
    assert named(seen(target), "bills_id_seq").last == 40
    faults.idle("migration", "ALTER SEQUENCE bills_own_seq RESTART")
    own = named(seen(target), "bills_own_seq")
    assert (own.locked, own.last) == (True, None)


def test_a_sequence_that_may_not_be_read_is_said_to_be_hidden(target: Target, faults: Faults) -> None:
    faults.owner.execute(BILLS)
    with poor(target, faults) as few:
        found = seen(few)
        assert (found.hidden, [one.last for one in found.sequences]) == (2, [None, None])
        assert blind(found) == "may not read 2 sequences; grant it pg_read_all_data"
        faults.owner.execute(f"GRANT SELECT ON bills_id_seq, bills_own_seq TO {POOR}".encode())
        found = seen(few)
        assert (found.hidden, named(found, "bills_id_seq").last, blind(found)) == (0, 40, None)
