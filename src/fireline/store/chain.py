"""The hash chain under the timeline and the run ledger: each row seals the one before it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

GENESIS = bytes(32)


def plain(value: Any) -> Any:
    """The value as PostgreSQL's jsonb will give it back: times as ISO texts, whole floats as integers."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def seal(previous: bytes, seq: int, at: datetime, kind: str, actor: str, payload: Any) -> bytes:
    """SHA-256 over the previous hash and the row in canonical JSON; times in UTC with microseconds."""
    row = [seq, at.astimezone(UTC).isoformat(timespec="microseconds"), kind, actor, plain(payload)]
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous + text.encode()).digest()


def broken_at(rows: Iterable[dict[str, Any]]) -> int | None:
    """The sequence number of the first row whose seal does not hold, or None when the chain is whole.

    Rows come in order with the keys seq, at, kind, actor, payload, previous and hash.
    """
    previous = GENESIS
    for expected, row in enumerate(rows, start=1):
        sealed = seal(previous, row["seq"], row["at"], row["kind"], row["actor"], row["payload"])
        if row["seq"] != expected or bytes(row["previous"]) != previous or bytes(row["hash"]) != sealed:
            return expected
        previous = sealed
    return None
