"""Which backups may go: never the last that was proved, never fewer than are to be kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.errors import Refused
from fireline.recovery import retention

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONTH = timedelta(days=30)


def row(days: float, *, proved: bool = False, verified: bool = True, state: str = "whole") -> dict[str, Any]:
    at = NOW - timedelta(days=days)
    return {
        "name": f"b{days}",
        "state": state,
        "snapshot_at": at,
        "verified_at": at if verified else None,
        "proved_at": at if proved else None,
    }


def test_the_newest_and_the_young_ones_stay() -> None:
    rows = [row(day) for day in (1, 10, 29, 31, 40, 50)]
    assert retention.too_many(rows, NOW, keep=2, keep_for=MONTH) == ["b31", "b40", "b50"]
    assert retention.too_many(rows, NOW, keep=5, keep_for=MONTH) == ["b50"]


def test_the_last_proved_one_stays_however_old_it_is() -> None:
    rows = [row(40), row(50), row(300, proved=True), row(400, proved=True)]
    assert retention.too_many(rows, NOW, keep=1, keep_for=MONTH) == ["b50", "b400"]


def test_the_last_verified_one_stays() -> None:
    rows = [row(40, verified=False), row(50, verified=False), row(60), row(70)]
    assert retention.too_many(rows, NOW, keep=1, keep_for=MONTH) == ["b50", "b70"]


def test_what_is_not_whole_is_neither_counted_nor_named() -> None:
    rows = [row(35, state="failed"), row(36, state="taking"), row(40), row(41)]
    assert retention.too_many(rows, NOW, keep=1, keep_for=MONTH) == ["b41"]


@given(
    st.lists(
        st.tuples(st.integers(0, 3650), st.booleans(), st.booleans(), st.sampled_from(["whole", "failed", "gone"])),
        max_size=30,
        unique_by=lambda one: one[0],
    ),
    st.integers(1, 10),
    st.integers(0, 400),
)
def test_whatever_there_is_the_last_proved_and_enough_others_are_left(
    given_rows: list[tuple[int, bool, bool, str]], keep: int, days: int
) -> None:
    rows = [row(day, proved=proved, verified=verified, state=state) for day, proved, verified, state in given_rows]
    going = set(retention.too_many(rows, NOW, keep=keep, keep_for=timedelta(days=days)))
    whole = [one for one in rows if one["state"] == "whole"]
    left = [one for one in whole if one["name"] not in going]
    assert len(left) >= min(keep, len(whole))
    for proof in ("proved_at", "verified_at"):
        newest = max((one for one in whole if one[proof]), key=lambda one: one["snapshot_at"], default=None)
        assert newest is None or newest in left
    assert all(NOW - one["snapshot_at"] >= timedelta(days=days) for one in whole if one["name"] in going)


def test_only_a_folder_with_a_manifest_is_deleted(tmp_path: Path) -> None:
    backup, photos = tmp_path / "backup", tmp_path / "photos"
    for folder in (backup, photos):
        folder.mkdir()
        (folder / "data").write_bytes(b"x" * 100)
    (backup / "manifest.json").write_bytes(b"{}")
    assert retention.remove(backup) == 102
    assert not backup.exists()
    with pytest.raises(Refused, match="holds no backup's manifest"):
        retention.remove(photos)
    assert (photos / "data").exists()
