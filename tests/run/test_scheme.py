"""The team's severities, calendar and targets, from its runbook and settings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from fireline.run.scheme import scheme_of
from fireline.settings import RunbookSettings
from tests.run.scene import Scene
from tests.run.test_respond import REFERENCE


def test_the_runbooks_severities_come_with_their_response_times(scene: Scene) -> None:
    scheme = scheme_of(scene.with_settings(runbook=RunbookSettings(files=[REFERENCE])).world)
    assert [(one.id, one.name, one.response.kind, one.response.length) for one in scheme.severities] == [
        ("P0", "Critical", "immediate", None),
        ("P1", "High", "duration", timedelta(hours=1)),
        ("P2", "Medium", "duration", timedelta(hours=4)),
        ("P3", "Low", "business_day", None),
    ]
    assert scheme.postmortem_within == timedelta(hours=48)
    assert scheme.targets == ("main",)


def test_a_runbook_that_can_not_be_read_tonight_keeps_nobody_from_an_incident(scene: Scene, tmp_path: Path) -> None:
    broken = tmp_path / "book.md"
    broken.write_bytes(b"\xff\xfe")
    scheme = scheme_of(scene.with_settings(runbook=RunbookSettings(files=[broken])).world)
    assert [one.id for one in scheme.severities] == ["P0", "P1", "P2", "P3"]
    assert scheme.judge("the application is completely down")[0].id == "P0"
