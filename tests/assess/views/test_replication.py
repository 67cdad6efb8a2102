import psycopg

from fireline.postgres.connect import Target
from tests.assess.views.looking import seen


def test_slots_and_standbys_are_listed(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("SELECT pg_create_physical_replication_slot('left_behind', true)")
        try:
            found = seen(target, "replication")
        finally:
            conn.execute("SELECT pg_drop_replication_slot('left_behind')")
    assert found.facts == ["0 standbys are connected"]
    (slot,) = [row for row in found.tables["Slots"] if row["slot"] == "left_behind"]
    assert (slot["kind"], slot["active"]) == ("physical", False)
    assert slot["keeps_bytes"] >= 0
