from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.views.looking import seen


def test_nobody_waits_on_a_quiet_server(target: Target) -> None:
    found = seen(target, "locks")
    assert found.facts == ["Nobody waits"]
    assert all(rows == [] for rows in found.tables.values())


def test_who_waits_is_a_tree_below_its_root_and_other_holders_are_listed(target: Target, faults: Faults) -> None:
    root = faults.idle("job", "UPDATE orders SET n = 1 WHERE id = 1", "SELECT pg_advisory_lock(42)")
    waiter = faults.waiting("web", "UPDATE orders SET n = 2 WHERE id = 1")
    holder = faults.open("two-phase")
    holder.execute("UPDATE accounts SET n = 1 WHERE id = 1")
    holder.execute("PREPARE TRANSACTION 'left'")
    found = seen(target, "locks")
    assert found.facts == ["1 sessions wait for 1 others"]
    assert [(row["pid"], row["depth"], row["root"]) for row in found.tables["Who waits for whom"]] == [
        (root, 0, True),
        (waiter, 1, False),
    ]
    assert "left" in [row["gid"] for row in found.tables["Prepared transactions"]]
    assert [row["key"] for row in found.tables["Advisory locks"] if row["pid"] == root] == ["0/42/1"]
