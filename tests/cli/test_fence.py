"""`fireline fence`, `fireline fence status` and `fireline unfence`, carried out by a worker."""

from __future__ import annotations

from pathlib import Path

from fireline.postgres.connect import Target
from tests.cli.conftest import Fireline, at_work, until
from tests.recovery.fence.shop import shop, state_of


def test_it_is_raised_seen_and_lifted(house: Fireline, worker: int, patient: Target) -> None:
    with shop(patient, clients=1):
        before = state_of(patient)
        planned = house("contain", "fence", "--target", "main", "--level", "read-only", "--for", "5m", "--plan")
        assert planned.code == 0, planned.err
        assert "read-only, for 5 min" in planned.out
        assert "It does not stop: a session that sets it off" in " ".join(planned.out.split())
        done = house(
            "fence", "--target", "main", "--level", "drained", "--for", "5m", "--reason", "rows vanish", "--yes"
        )
        assert done.code == 0, done.out + done.err
        assert "the fence around main is drained until" in done.out
        assert "set targets.main.application_dsn" in done.out
        shown = house("fence", "status")
        assert shown.code == 0, shown.err
        assert "main: drained, up" in shown.out
        assert "rows vanish" in shown.out
        assert "who can still write" in shown.out
        assert house.data("fence", "status")["proof"]["residue"] == []
        lifted = house("unfence", "--yes")
        assert lifted.code == 0, lifted.out + lifted.err
        assert state_of(patient) == before
        assert "no fence stands" in house("fence", "status").out


def test_without_a_fence_there_is_nothing_to_lift(house: Fireline, worker: int) -> None:
    done = house("unfence", "--plan")
    assert done.code == 1
    assert "no fence stands around main" in done.err


def test_the_short_forms_are_among_the_commands(bare: Fireline) -> None:
    shown = bare("--help").out
    assert "unfence" in shown
    assert "--for" in bare("fence", "fence", "--help").out
    assert "status" in bare("fence", "--help").out


def test_it_falls_by_itself_at_its_deadline(house: Fireline, patient: Target, clock_file: Path) -> None:
    house.environment["FIRELINE_CLOCK_FILE"] = str(clock_file)
    before = state_of(patient)
    with at_work(house, "worker"):
        done = house("fence", "--level", "closed", "--for", "5m", "--yes")
        assert done.code == 0, done.out + done.err
        assert state_of(patient) != before
        clock_file.write_text("301")
        until(lambda: state_of(patient) == before, what="the fence fell")
        until(lambda: house.data("fence", "status")["state"] == "lifted", what="its row says so")
    assert house.data("fence", "status")["lifted_by"] == "fireline"
