"""Which backups may go: by count and by age, and never the last that was proved. Pure, but for the removing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg.rows import DictRow

from fireline.errors import Refused
from fireline.recovery import manifest


def too_many(rows: Sequence[DictRow | dict[str, Any]], now: datetime, *, keep: int, keep_for: timedelta) -> list[str]:
    """Names of whole backups of one target that may be deleted.

    Kept are: the newest `keep`, everything younger than `keep_for`, the newest verified one, and the newest proved one.
    """
    whole = sorted((row for row in rows if row["state"] == "whole"), key=lambda row: row["snapshot_at"], reverse=True)
    kept = {row["name"] for row in whole[:keep]} | {row["name"] for row in whole if now - row["snapshot_at"] < keep_for}
    for proof in ("verified_at", "proved_at"):
        kept |= {row["name"] for row in [next((row for row in whole if row[proof]), None)] if row}
    return [row["name"] for row in whole if row["name"] not in kept]


def remove(folder: Path) -> int:
    """Delete a backup's folder; bytes freed. Refused for a folder that is no backup's. The manifest goes first: half is none."""
    if folder.is_symlink() or not (folder / manifest.MANIFEST).is_file():
        raise Refused(f"{folder} holds no backup's manifest, so it is not deleted", hint="Delete it yourself.")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    (folder / manifest.MANIFEST).unlink()
    shutil.rmtree(folder)
    return size
