from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from fireline import clock
from fireline.assess import turns
from fireline.cli.check import cell, heading
from fireline.postgres.connect import Target
from fireline.sizes import size
from fireline.store.connect import Store
from tests.assess.regressing import EVERY, LOOKS, Shop
from tests.cli.conftest import Fireline


def test_one_look_shows_its_facts_and_tables(bare: Fireline, patient: Target) -> None:
    (bare.folder / "dsn").write_text(patient.dsn.reveal())
    shown = bare("check", "connections", "--dsn", "@dsn")
    assert shown.code == 0, shown.err
    assert "slots for ordinary roles used" in shown.out
    assert "By user and application" in shown.out
    told = bare("check", "connections", "--dsn", "@dsn", "--json").data
    assert [one["check"] for one in told["checks"]] == ["connections"]
    assert {"title", "rows", "note"} == set(told["checks"][0]["sections"][0])


def test_all_looks_are_taken_at_once(bare: Fireline, patient: Target) -> None:
    (bare.folder / "dsn").write_text(patient.dsn.reveal())
    listed, told = bare("check", "--json").data, bare("check", "--all", "--dsn", "@dsn", "--json")
    assert told.code == 0
    assert [one["check"] for one in told.data["checks"]] == [one["check"] for one in listed]
    assert {"connections", "locks", "slow-queries", "tables", "indexes", "settings"} <= {one["check"] for one in listed}


def test_what_can_not_be_seen_is_said_and_is_code_2(bare: Fireline, patient: Target) -> None:
    (bare.folder / "dsn").write_text(patient.dsn.reveal())
    shown = bare("check", "slow-queries", "--dsn", "@dsn")
    assert shown.code == 2
    assert "pg_stat_statements" in shown.out


def test_a_look_that_is_not_there_names_those_that_are(bare: Fireline) -> None:
    done = bare("check", "weather", "--dsn", "host=127.0.0.1 port=1")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: no check 'weather'")
    assert "connections" in done.err
    assert bare("check", "locks", "--all").code == 2


def test_the_log_is_searched_and_counted_around_a_moment(bare: Fireline, patient: Target) -> None:
    (bare.folder / "dsn").write_text(patient.dsn.reveal())
    now = clock.now()
    lines = [
        f"{now - timedelta(minutes=m):%Y-%m-%d %H:%M:%S} UTC [7] ERROR:  deadlock detected\n" for m in (30, 20, 10)
    ]
    (bare.folder / "server.log").write_text("".join(lines))
    asked = ("check", "log", "--dsn", "@dsn", "--log-file", "server.log")
    shown = bare(*asked, "--around", "25m ago", "--search", "DEAD.*d")
    assert shown.code == 0, shown.err
    assert "1 error in the 15 min before" in shown.out
    assert "Lines that match DEAD.*d" in shown.out
    assert (
        len(bare(*asked, "--since", "1h", "--search", "deadlock", "--json").data["checks"][0]["sections"][0]["rows"])
        == 3
    )
    for option, wrong in (("--around", "yesterday"), ("--search", "("), ("--since", "x")):
        done = bare(*asked, option, wrong)
        assert (done.code, option.strip("-")[:6] in done.err) == (2, True), done.err


def test_what_changed_since_before_is_brought_from_the_store(
    house: Fireline, store: Store, patient: Target, clock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "FRESH_SECONDS", -1.0)
    shop = Shop(store, patient)
    shop.pass_by()
    shop.sql("DROP INDEX parcels_code_idx")
    shop.ask()
    clock_file.write_text(str((LOOKS * EVERY).total_seconds()))
    later = {"FIRELINE_CLOCK_FILE": str(clock_file)}
    told = house("check", "slow-queries", "--json", **later)
    assert told.code == 0, told.err
    (view,) = told.data["checks"]
    assert view["unknown"] == []
    assert view["sections"][0]["title"] == "Changed since before"
    (row,) = [row for row in view["sections"][0]["rows"] if "FROM parcels WHERE code" in row["statement"]]
    assert row["change"].endswith("× the blocks for as many rows")
    assert row["blocks_per_call"] > 10 * row["blocks_before"]
    assert "Changed since before" in house("check", "slow-queries", **later).out
    found = house("diagnose", "--symptom", "the page is slow", "--json", **later).data
    assert found["changes"]["before"]["looks"] == LOOKS
    assert found["causes"][0]["cause"] == "missing_index"
    assert any(one["source"] == "earlier looks" for one in found["causes"][0]["evidence"])
    early = house("check", "slow-queries", "--since", "3h", "--json", **later).data["checks"][0]
    assert "no look from before" in next(one["because"] for one in early["unknown"] if one["check"] == "past")


def test_what_was_before_is_unknown_without_a_store_and_stops_no_look(house: Fireline, patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE EXTENSION pg_stat_statements")
    (house.folder / "dsn").write_text(patient.dsn.reveal())
    away = {"FIRELINE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    for words, because in (
        (("--target", "main"), "the store, which keeps earlier looks, does not answer"),
        (("--dsn", "@dsn"), "no store is at hand"),
    ):
        told = house("check", "slow-queries", *words, "--json", **away)
        assert told.code == 0, told.err
        (view,) = told.data["checks"]
        assert because in next(one["because"] for one in view["unknown"] if one["check"] == "past")
        assert "Changed since before" not in [one["title"] for one in view["sections"]]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("size_bytes", 8192, "8.0 kB"), ("size_bytes", 0, "0 B"), ("size_bytes", 3 * 2**40, "3.0 TB"),
        ("dead_share", 0.254, "25.4%"), ("oldest_s", 65, "1 min 5 s"), ("mean_ms", 12.5, "12.5 ms"),
        ("total_ms", 65000, "1 min 5 s"), ("rows", 1234567, "1,234,567"), ("pid", 12345, "12345"),
        ("valid", True, "yes"), ("valid", False, "no"), ("slot", None, "-"), ("statement", "x" * 300, "x" * 159 + "…"),
    ],
)  # fmt: skip
def test_a_value_is_told_in_the_unit_of_its_column(name: str, value: object, shown: str) -> None:
    assert cell(name, value) == shown


def test_a_heading_is_words() -> None:
    assert [heading(name) for name in ("size_bytes", "idle_in_tx", "dead_share", "vacuumed_at", "mean_ms")] == [
        "size", "idle in tx", "dead share", "vacuumed at", "mean",
    ]  # fmt: skip
    assert size(1536) == "1.5 kB"
