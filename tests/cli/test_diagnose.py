from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import psycopg

from fireline.postgres.connect import Target
from tests.cli.conftest import Fireline, until


def test_a_healthy_database_has_no_cause_and_needs_no_store(bare: Fireline, patient: Target) -> None:
    (bare.folder / "dsn").write_text(patient.dsn.reveal())
    done = bare("diagnose", "--dsn", "@dsn", "--json")
    assert done.code == 0, done.out
    assert done.data["causes"] == []
    assert done.data["target"] == "database"


@contextmanager
def held_up(dsn: str) -> Iterator[int]:
    """A session idle in a transaction that another waits for; its process number."""
    holder = psycopg.connect(dsn)
    holder.execute("CREATE TABLE held (i int)")
    holder.execute("INSERT INTO held VALUES (1)")
    holder.commit()
    holder.execute("UPDATE held SET i = 2")
    waiter = Thread(target=_update, args=[dsn])
    waiter.start()
    until(lambda: _waits(dsn), what="the wait")
    try:
        yield holder.info.backend_pid
    finally:
        holder.close()
        waiter.join()


def _update(dsn: str) -> None:
    with psycopg.connect(dsn) as conn:
        conn.execute("UPDATE held SET i = 3")


def _waits(dsn: str) -> bool:
    with psycopg.connect(dsn) as conn:
        row = conn.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()
    return bool(row and row[0])


def test_a_cause_is_named_with_its_proof_and_its_remedy_and_the_code_is_1(house: Fireline, patient: Target) -> None:
    with held_up(patient.dsn.reveal()) as pid:
        done = house("diagnose", "--target", "main", "--symptom", "updates hang")
        as_json = house("diagnose", "--json")
    assert done.code == 1, done.out + done.err
    assert "Cause   " in done.out
    assert f"pid {pid}" in done.out
    assert f"fireline resolve terminate-session {pid}" in done.out
    assert as_json.code == 1
    assert as_json.data["causes"][0]["cause"] == "idle_in_tx_row_lock"


def test_which_database_is_meant_must_be_clear(house: Fireline) -> None:
    assert house("diagnose", "--target", "other").err == (
        "error: no target 'other'\nhint: Targets in the settings: main. Or give --dsn.\n"
    )
    assert house("diagnose", "--target", "main", "--dsn", "x").code == 2
    assert house("diagnose", "--dsn", "host=127.0.0.1 port=1").code == 2
