"""The shared table of locks is full."""

from __future__ import annotations

from fireline.assess.causes.lock_table_exhausted import capacity, judge
from fireline.assess.checks.lock_table import LockTable, Taker
from tests.assess.judging import complaining
from tests.assess.kept import ago, facts, the, why_not
from tests.assess.readings import settings, snapshot

SAID = "ERROR:  out of shared memory\nHINT:  You might need to increase max_locks_per_transaction."
ROOM = 64 * (100 + 3 + 1 + 8 + 10)


def table(held: int, mine: int, pid: int | None = 41) -> tuple[str, LockTable]:
    taker = Taker(pid, mine, ago(900), ago(60), "dump", "backup", None, "active", "LOCK TABLE p1, p2")
    return "lock_table", LockTable(held, (taker,))


def test_the_room_is_reckoned_as_the_server_does_when_it_starts() -> None:
    assert capacity(settings()) == ROOM
    assert capacity(settings(max_prepared_transactions=10, max_locks_per_transaction=10)) == 10 * (ROOM // 64 + 10)


def test_a_full_table_names_the_transaction_that_fills_it() -> None:
    found = the(judge(snapshot(table(ROOM, ROOM - 100))))
    assert (found.severity, found.objects) == ("critical", ("max_locks_per_transaction", "pid 41"))
    assert f"{ROOM} locks are held in a table made for about {ROOM}" in facts(found)
    assert "pid 41 (dump@local), active" in facts(found)
    assert "pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = 41 AND backend_start" in found.remedy.sql[0]
    assert found.remedy.command == "fireline resolve terminate-session 41 --target main"
    assert found.probe.expect == f"locks < {ROOM // 2}"
    assert {"out_of_memory", "idle_in_tx_table_lock"} == why_not(found).keys()


def test_many_who_hold_a_little_and_a_prepared_transaction_are_not_ended() -> None:
    for reading in (table(ROOM, 90), table(ROOM, ROOM - 100, pid=None)):
        found = the(judge(snapshot(reading)))
        assert found.objects == ("max_locks_per_transaction",)
        assert found.remedy.sql == ("ALTER SYSTEM SET max_locks_per_transaction = 256",)
        assert found.remedy.undo == ("ALTER SYSTEM SET max_locks_per_transaction = 64",)


def test_a_half_full_table_is_named_only_when_somebody_complains_of_memory() -> None:
    half = snapshot(table(int(ROOM * 0.6), ROOM // 2))
    assert judge(half) == ()
    assert judge(complaining(half, "cannot allocate memory"))
    assert judge(complaining(half, "pages are slow")) == ()


def test_after_the_transaction_failed_the_servers_words_are_believed_and_the_setting_is_probed() -> None:
    found = the(judge(complaining(snapshot(table(12, 3)), SAID)))
    assert (found.severity, found.confidence, found.probe.expect) == ("high", 0.75, "locks > 64")
    assert "ran full" in found.title


def test_a_machine_without_memory_is_not_this() -> None:
    said = "ERROR:  out of memory\nDETAIL:  Failed on request of size 1024"
    assert judge(complaining(snapshot(table(12, 3)), said)) == judge(snapshot(table(12, 3))) == ()
