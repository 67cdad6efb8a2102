"""The clock steps over a daylight-saving change while everything runs: what is due by business hours is due by the wall."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fireline import clock
from tests.chaos.stage import Stage, until

pytestmark = pytest.mark.chaos

BEFORE = datetime(2027, 3, 12, 21, 0, tzinfo=UTC)  # Friday 16:00 in New York, two days before its clocks go forward
DUE = datetime(
    2027, 3, 15, 14, 0, tzinfo=UTC
)  # Monday, an hour after opening: 10:00 there, which is 14:00 since Sunday


@pytest.mark.parametrize("jump", [False, True])
def test_a_clock_of_business_hours_keeps_to_the_wall_over_the_change(
    stage: Stage, clock_file: Path, jump: bool
) -> None:
    """jump: the clock is moved in one step over the change, else it is moved twice."""

    def at(moment: datetime) -> None:
        real = datetime.now(UTC)
        clock_file.with_suffix(".new").write_text(str((moment - real).total_seconds()))
        clock_file.with_suffix(".new").replace(clock_file)

    at(BEFORE)
    with (stage.folder / "fireline.toml").open("a") as settings:
        settings.write('[calendar]\ntimezone = "America/New_York"\n')
    stage.reread()
    stage.worker()
    incident = stage.say("incident.declare", title="the logo is blue", severity="P3")["id"]
    (response,) = stage.say("incident.show", incident=incident)["clocks"]
    assert response["phrase"].casefold() == "next business day"
    assert datetime.fromisoformat(response["due_at"]) == DUE
    if not jump:
        at(DUE.replace(hour=13, minute=50))
        until(lambda: told_of(stage, "clock_at_risk"), f"the clock warns; {stage.logs()}")
        assert clock.now() < DUE
        assert told_of(stage, "clock_breached") == []
    at(DUE.replace(minute=1))
    (told,) = until(lambda: told_of(stage, "clock_breached"), f"the clock is broken; {stage.logs()}")
    assert told["at"] >= DUE


def told_of(stage: Stage, kind: str) -> list[dict[str, Any]]:
    return stage.rows("SELECT at FROM timeline WHERE kind = %s", kind)
