"""Who was connected and who waited, then and now: sessions change all the time, so only what stands out is told. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_MANY = 5  # connections of one kind more or fewer are worth a line
_NAMED = 5  # sessions named


def crowd(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Lines on connections, on those that wait for a lock, and on locks that keep others out."""
    old, new = before.get("connections"), after.get("connections")
    if old and new:
        was, now = old.get("used", 0), new.get("used", 0)
        if abs(now - was) >= _MANY:
            yield f"{now} of {new.get('most')} connections are used, {was} before"
        yield from _groups(old.get("by") or [], new.get("by") or [])
    yield from _waiting(before, after)
    yield from _held(before.get("held"), after.get("held"))


def _groups(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[str]:
    old, new = _counted(before), _counted(after)
    for key in sorted({*old, *new}, key=lambda key: -abs(new.get(key, 0) - old.get(key, 0))):
        was, now = old.get(key, 0), new.get(key, 0)
        if abs(now - was) >= _MANY:
            yield f"{now} sessions of {key}, {was} before"


def _counted(rows: list[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        who = f"{row['application']} as {row['role']}" if row["application"] else str(row["role"])
        name = f"{who}, {row['state'] or 'state not seen'}"
        found[name] = found.get(name, 0) + int(row["n"])
    return found


def _waiting(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = before.get("waiting"), after.get("waiting")
    if old is None or new is None or {row["pid"] for row in old} == {row["pid"] for row in new}:
        return
    roots = {pid for row in new for pid in row["blocked_by"] or ()} - {row["pid"] for row in new}
    behind = f", behind {', '.join(f'pid {pid}' for pid in sorted(roots)[:_NAMED])}" if roots else ""
    verb = "waits" if len(new) == 1 else "wait"
    yield f"{len(new)} {verb} for a lock{behind}; {len(old)} before"


def _held(before: Any, after: Any) -> Iterator[str]:
    if before is None or after is None:
        return
    old = {(row["relation"], row["mode"]) for row in before}
    fresh = [row for row in after if (row["relation"], row["mode"]) not in old]
    for row in fresh[:_NAMED]:
        pids = ", ".join(str(pid) for pid in row["pids"] if pid is not None) or "a prepared transaction"
        yield f"{row['mode']} on {row['relation']} is held by {pids}"
    if len(fresh) > _NAMED:
        yield f"… and {len(fresh) - _NAMED} more such locks"
