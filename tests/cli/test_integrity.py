"""`fireline integrity`, as a process."""

from __future__ import annotations

import psycopg
import pytest

from fireline.postgres.connect import Target
from tests.cli.conftest import Fireline


@pytest.fixture
def keyed(patient: Target, bare: Fireline) -> Fireline:
    """A folder with the DSN of a database that has two foreign keys."""
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2);"
            "CREATE TABLE lines (order_id int CONSTRAINT bound REFERENCES orders); INSERT INTO lines VALUES (1);"
            "CREATE TABLE notes (order_id int CONSTRAINT sound REFERENCES orders)"
        )
    (bare.folder / "dsn").write_text(patient.dsn.reveal())
    return bare


def broken(patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica; INSERT INTO lines VALUES (77)")


def test_a_sound_database_is_clean_and_the_code_is_0(keyed: Fireline) -> None:
    done = keyed("integrity", "--dsn", "@dsn")
    assert done.code == 0, done.out + done.err
    assert "Nothing wrong was found.\n" in done.out
    assert "The parents' indexes were not proved: the extension amcheck is not installed." in done.out


def test_rows_that_break_a_key_are_shown_and_the_code_is_1(keyed: Fireline, patient: Target) -> None:
    broken(patient)
    done = keyed("integrity", "--dsn", "@dsn")
    assert done.code == 1, done.out + done.err
    assert "bound: (77) at (0,2) of public.lines" in done.out
    assert "1 finding.\n" in done.out
    told = keyed("integrity", "--dsn", "@dsn", "--constraint", "lines.bound", "--json")
    assert told.code == 1
    assert told.data["findings"] == 1
    assert [one["state"] for one in told.data["foreign_keys"]] == ["orphans"]


def test_what_was_not_checked_is_no_health_and_the_code_is_2(keyed: Fireline, patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal()) as holder:
        holder.execute("LOCK TABLE lines")
        done = keyed("integrity", "--dsn", "@dsn")
    assert done.code == 2, done.out + done.err
    assert "foreign key bound on public.lines: somebody has locked the table" in done.out
    assert "Nothing wrong was found. 1 not checked: that is no proof of health." in done.out


def test_it_goes_on_from_a_file(keyed: Fireline, patient: Target) -> None:
    first = keyed("integrity", "--dsn", "@dsn", "--resume", "state", "--json")
    assert first.code == 0, first.out + first.err
    broken(patient)
    again = keyed("integrity", "--dsn", "@dsn", "--resume", "state", "--json")
    assert again.data["foreign_keys"] == first.data["foreign_keys"]
    (keyed.folder / "other").write_text("{}")
    refused = keyed("integrity", "--dsn", "@dsn", "--resume", "other")
    assert refused.err == "error: other is no file of an interrupted check\nhint: Name a file that is not there yet.\n"


def test_wrong_use_is_told(keyed: Fireline) -> None:
    assert keyed("integrity", "--dsn", "@dsn", "--limit", "soon").code == 2
    missing = keyed("integrity", "--dsn", "@dsn", "--constraint", "nope")
    assert (missing.code, missing.err) == (
        2,
        "error: no foreign key 'nope'\nhint: There are 2, such as: bound, sound.\n",
    )
    assert keyed("integrity", "--dsn", "host=127.0.0.1 port=1").code == 2


def test_all_parts_are_drawn(keyed: Fireline, patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "CREATE TABLE late (order_id int); ALTER TABLE late ADD CONSTRAINT unproved FOREIGN KEY (order_id) REFERENCES orders NOT VALID;"
            "ALTER TABLE notes DISABLE TRIGGER ALL; CREATE TABLE guessed (order_id int); INSERT INTO guessed VALUES (1);"
            "CREATE INDEX half ON lines (order_id); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'half'::regclass"
        )
        conn.execute("UPDATE pg_index SET indisready = false WHERE indexrelid = 'orders_pkey'::regclass")
        conn.execute("INSERT INTO orders VALUES (2), (3)")
        conn.execute("UPDATE pg_index SET indisready = true WHERE indexrelid = 'orders_pkey'::regclass")
    done = keyed("integrity", "--dsn", "@dsn", "--deep")
    assert done.code == 1, done.out + done.err
    for line in (
        "Never validated:\n  foreign key unproved on public.late\n",
        ", which enforces sound on public.notes\n",
        "Indexes not usable:\n  public.half on public.lines: not valid",
        "Keys that are there twice:\n  public.orders_pkey: 1, such as (2) in 2 rows\n",
        "Keys that might be declared:\n  public.guessed (order_id) to public.orders (id): 100.0% of 1 values are there\n",
        "Indexes that do not hold every row:\n  public.orders_pkey",
    ):
        assert line in done.out, done.out
