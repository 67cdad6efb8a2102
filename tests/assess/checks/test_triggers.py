"""Triggers and their functions; a locked table does not hold the reading up."""

from __future__ import annotations

from datetime import timedelta

from fireline.assess.checks.triggers import read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN

BODY = "BEGIN PERFORM count(*) FROM accounts; RETURN NEW; END"


def test_triggers_are_read_while_their_table_is_locked(target: Target, faults: Faults) -> None:
    faults.owner.execute(f"CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql AS $$ {BODY} $$")
    faults.owner.execute("CREATE FUNCTION idle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
    faults.owner.execute("CREATE TRIGGER one BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION busy()")
    faults.owner.execute("CREATE TRIGGER two AFTER UPDATE OR DELETE ON orders FOR EACH ROW EXECUTE FUNCTION idle()")
    faults.owner.execute("ALTER TABLE orders DISABLE TRIGGER two")
    faults.idle("migrate", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    with connect(target, lock_timeout=timedelta(milliseconds=100)) as conn:
        found = {one.name: one for one in read(conn, NOTHING_SEEN).triggers}
    one, two = found["one"], found["two"]
    assert (one.table_name, one.function, one.queries, one.fires("insert"), one.fires("update")) == (
        "orders",
        "busy",
        True,
        True,
        False,
    )
    assert (two.enabled, two.queries, two.fires("delete")) == ("D", False, False)
