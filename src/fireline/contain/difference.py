"""What changed between two recorded states, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MOST = 20  # lines of one part; how many more there are is said
_NOUNS = {
    "tables": "table", "views": "view", "sequences": "sequence", "indexes": "index", "constraints": "constraint",
    "policies": "policy", "triggers": "trigger", "functions": "function", "types": "type", "schemas": "schema",
}  # fmt: skip


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """One line for each thing that is another now: server, settings, roles, extensions, schema, migrations.

    Sessions, locks and sizes change by themselves and are left out. A part that one of them could not read is said to be.
    """
    lines = list(_server(before.get("server") or {}, after.get("server") or {}))
    for part, noun in (("settings", "setting"), ("roles", "role"), ("extensions", "extension")):
        lines += _shortened(_mapping(noun, before.get(part), after.get(part)))
    lines += _shortened(_overrides(before.get("overrides"), after.get("overrides")))
    old, new = (one.get("schema") or {} for one in (before, after))
    if old.get("fingerprint") != new.get("fingerprint"):
        for part, noun in _NOUNS.items():
            pairs = [dict((one.get("objects") or {}).get(part, ())) for one in (old, new)]
            lines += _shortened(_mapping(noun, *pairs)) if old and new else []
    lines += _shortened(_migrations(before.get("migrations") or {}, after.get("migrations") or {}))
    unread = sorted({*(before.get("unknown") or {}), *(after.get("unknown") or {})})
    return lines + [f"{part} could not be compared: it was not read" for part in unread]


def _server(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = before.get("identity") or {}, after.get("identity") or {}
    for key, words in (("system_identifier", "another server answers"), ("timeline", "the timeline is another")):
        if old.get(key) != new.get(key):
            yield f"{words}: {old.get(key)}, now {new.get(key)}"
    if old.get("postmaster_start") != new.get("postmaster_start"):
        yield f"the server was started again, at {new.get('postmaster_start')}"
    for key in ("version", "standby", "database"):
        if before.get(key) != after.get(key):
            yield f"{key}: {before.get(key)}, now {after.get(key)}"


def _mapping(noun: str, before: Any, after: Any) -> Iterator[str]:
    if before is None or after is None:  # one of them could not be read
        return
    for name in sorted({*before, *after}):
        if name not in after:
            yield f"{noun} {name} is gone"
        elif name not in before:
            yield f"{noun} {name} is new{_as(after[name])}"
        elif before[name] != after[name]:
            yield f"{noun} {name} changed{_told(before[name], after[name])}"


def _as(value: Any) -> str:
    return f": {value['value']}" if isinstance(value, dict) and "value" in value else ""


def _told(before: Any, after: Any) -> str:
    """The fields that differ; a hash tells nothing."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ""
    keys = [key for key in after if before.get(key) != after.get(key)]
    return ": " + ", ".join(f"{key} {before.get(key)}, now {after[key]}" for key in keys)


def _overrides(before: Any, after: Any) -> Iterator[str]:
    def named(rows: Any) -> dict[str, Any] | None:
        return (
            None
            if rows is None
            else {f"{row['role']} in {row['database']}": {"value": row["settings"]} for row in rows}
        )

    yield from _mapping("override for", named(before), named(after))


def _migrations(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for table, lines in sorted(after.items()):
        old = before.get(table)
        if isinstance(lines, list) and isinstance(old, list):
            yield from (f"migration in {table}: {_brief(line)}" for line in lines if line not in old)


def _brief(line: Any) -> str:
    return ", ".join(f"{key} {value}" for key, value in list(line.items())[:3]) if isinstance(line, dict) else str(line)


def _shortened(lines: Iterator[str]) -> list[str]:
    found = list(lines)
    return found[:MOST] + ([f"… and {len(found) - MOST} more like these"] if len(found) > MOST else [])
