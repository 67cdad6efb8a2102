"""Each benchmark runs; its numbers are its own business."""

from __future__ import annotations

from bench import diagnose, ingest, integrity, lint, page, recover


def test_acknowledging_is_measured_beside_its_floor() -> None:
    found = ingest.measure(requests=200, rounds=1, storm_of=300, incidents=50, alerts=0)
    for way in ("single", "batches_of_50"):
        assert found[way]["fireline_per_second"] > 0
        assert found[way]["ratio"] > 0
    assert found["storm_over_100_keys"]["lost"] == 0
    assert found["storm_of_incidents"]["lost"] == 0
    assert found["storm_over_100_keys"]["memory_mb"]["both"] > 0


def test_telling_is_measured_beside_its_floor() -> None:
    found = page.measure(alerts=3)
    assert found["fireline_p50_ms"] > 0
    assert found["ratio_p50"] > 0


def test_foreign_keys_are_measured_beside_their_floor_and_validate() -> None:
    found = integrity.measure(rows=6000, rounds=1)
    assert found["rows"] == 6000
    for side in ("indexed", "not_indexed"):
        assert found[side]["check_to_floor"] > 0
        assert found[side]["validate_to_check"] > 0


def test_a_diagnosis_is_measured_on_a_small_a_large_and_a_loaded_server() -> None:
    found = diagnose.measure(count=40, seconds=1.2, runs=1)
    assert found["relations"] == 40
    assert found["loaded"]["slowed_to"] > 0
    assert found["large"]["p95_ms"] > found["floor_ms"]


def test_backup_and_restore_are_measured_beside_the_usual_way_and_a_swap_under_traffic() -> None:
    found = recover.measure(megabytes=8, rounds=1, jobs=2, binaries=None, swaps=2)
    assert all(found["ratio"][name] > 0 for name in ("backup", "restore_alone", "file_to_verified"))
    assert found["fence"]["commits_after_proved"] == 0
    assert found["swap"]["swaps"] == 2
    lines = recover.table([found, found]).splitlines()
    assert {line.count(" | ") for line in lines} == {2}


def test_a_lint_is_measured_beside_reading_alone_and_against_a_database() -> None:
    found = lint.measure(steps=24, rounds=1)
    assert found["checked"] == 24
    assert found["with_target_to_read"] > 0
