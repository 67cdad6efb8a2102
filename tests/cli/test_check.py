import pytest

from fireline.cli.check import cell, heading, size
from fireline.postgres.connect import Target
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
