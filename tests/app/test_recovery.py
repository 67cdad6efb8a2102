"""Whether a target could be brought back, told from rows alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fireline import clock
from fireline.app.recovery import about, judged
from tests.web import losses
from tests.web.site import Site

DAY = timedelta(hours=24)


def saved(**more: Any) -> dict[str, Any]:
    """A backup's view."""
    plain = {"state": "whole", "snapshot_at": clock.now() - timedelta(hours=3), "error": None}
    return {**plain, "last": {"verified": {}, "proved": None}, **more}


def test_a_young_backup_that_nothing_speaks_against_is_well() -> None:
    found = judged(saved(), DAY)
    assert (found["stale"], found["wrong"]) == (False, None)
    assert 3 * 3600 <= found["age_seconds"] < 3 * 3600 + 60


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"state": "failed", "error": "no space left on device"}, "no space left on device"),
        ({"state": "gone", "error": None}, "gone"),
        ({"last": {"verified": {"problem": "a file is cut"}, "proved": None}}, "it can not be read to its end: a file is cut"),
        ({"last": {"verified": {}, "proved": {"verdict": "differs", "why": "3 things"}}}, "its restore differs: 3 things"),
    ],
)  # fmt: skip
def test_what_speaks_against_one_is_said(more: dict[str, Any], says: str) -> None:
    assert judged(saved(**more), DAY)["wrong"] == says


def test_an_old_one_is_stale_and_one_without_a_moment_has_no_age() -> None:
    assert judged(saved(snapshot_at=clock.now() - timedelta(days=2)), DAY)["stale"]
    assert judged(saved(snapshot_at=None), DAY)["age_seconds"] is None


def test_a_plan_is_about_a_restore_by_its_token_or_its_number() -> None:
    row: Any = {"id": 3, "token": "abc"}
    told = [{"token": "abc"}, {"restore": 3}, {"restore": "3"}, {"restore": "4"}, {"token": "other"}, {}]
    found = [about({"captured": {"lines": [{"captured": one}]}}, row) for one in told]
    assert found == [True, True, True, False, False, False]
    assert not about(None, row)


def test_ten_thousand_backups_are_turned_over_a_page_at_a_time(store_url: str, tmp_path: Path) -> None:
    with Site(store_url, tmp_path) as site:
        losses.many(site, 10_000)
        first = site.do(losses.MAYA, "target.backups", target="main")
        second = site.do(losses.MAYA, "target.backups", target="main", before=first[-1]["name"])
        last = site.do(losses.MAYA, "target.backups", target="main", before="old-9990")
        found = site.do(losses.MAYA, "target.recovery", target="main")
    assert [one["name"] for one in first[:2]] == ["old-1", "old-2"]
    assert len(first) == 50
    assert second[0]["name"] == "old-51"
    assert [one["name"] for one in last] == [f"old-{number}" for number in range(9991, 10_001)]
    assert found["counts"]["whole"] == 8_000
    assert found["verified"]["name"] == "old-3"
    assert found["proved"] is None
    assert found["fence"]["state"] == "none"
