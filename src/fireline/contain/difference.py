"""What changed between two recorded states: groups of sentences, in the order in which a tired person needs them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from fireline.contain.crowd import crowd
from fireline.contain.growth import growth

State = Mapping[str, Any]

MOST = 20  # lines of one kind; how many more there are is said
_NOUNS = {
    "tables": "table", "views": "view", "sequences": "sequence", "indexes": "index", "constraints": "constraint",
    "policies": "policy", "triggers": "trigger", "rules": "rule", "functions": "function", "types": "type", "schemas": "schema",
    "event triggers": "event trigger", "default rights": "default right", "foreign servers": "foreign server",
    "statistics": "statistics object",
}  # fmt: skip
# What would be called changed without anybody's doing.
_RESTLESS = {"oid", "file", "line", "restart", "confirmed", "bytes_kept", "bytes_left", "received", "replayed", "sent"}
_ORDINARY = {None: "none", True: "yes", False: "no", "": "nothing"}


@dataclass(frozen=True)
class Group:
    """The lines of one part."""

    part: str
    lines: tuple[str, ...]


def compare(before: State, after: State) -> list[Group]:
    """What is another now, by part; a part without a difference is left out, one that was not read is named last."""
    replaced = _database_oid(before) != _database_oid(after)
    parts: tuple[tuple[str, Iterable[str]], ...] = (
        ("Server", _server(before, after)),
        ("Configuration files", _few(_listed("fault", before, after, "file_faults", _fault))),
        ("Settings", _few(_settings(before, after))),
        ("Settings of roles and databases", _few(_overrides(before.get("overrides"), after.get("overrides")))),
        ("Databases", _few(_named("database", before, after, "databases"))),
        ("Sessions and locks", crowd(before, after)),
        ("Prepared transactions", _few(_listed("transaction", before, after, "prepared", _prepared))),
        ("Replication", _replication(before, after)),
        ("Roles", [*_few(_named("role", before, after, "roles")), *_few(_memberships(before, after))]),
        ("Access rules", _few(_listed("rule", before, after, "access_rules", _rule))),
        ("Schema", _schema(before.get("schema"), after.get("schema"), replaced=replaced)),
        ("Extensions", _few(_named("extension", before, after, "extensions"))),
        ("Migrations", _few(_migrations(before.get("migrations") or {}, after.get("migrations") or {}))),
        ("Scheduled jobs", _few(_mapping("job", _jobs(before), _jobs(after)))),
        ("Tablespaces", _few(_named("tablespace", before, after, "tablespaces"))),
        ("Sizes", growth(before, after)),
        ("Not compared", _unread(before, after)),
    )
    found = [Group(part, tuple(lines)) for part, lines in parts]
    return [group for group in found if group.lines]


def _database_oid(state: State) -> Any:
    return (state.get("server") or {}).get("database_oid")


def _server(before: State, after: State) -> Iterator[str]:
    old, new = before.get("server") or {}, after.get("server") or {}
    if not old or not new:
        return
    known, now = old.get("identity") or {}, new.get("identity") or {}
    for key, words in (("system_identifier", "another server answers"), ("timeline", "the timeline is another")):
        if known.get(key) != now.get(key):
            yield f"{words}: {_word(known.get(key))}, now {_word(now.get(key))}"
    if known.get("postmaster_start") != now.get("postmaster_start"):
        yield f"the server was started again, at {now.get('postmaster_start')}"
    if old.get("database") == new.get("database") and _database_oid(before) != _database_oid(after):
        yield f"database {new.get('database')} is another one now: restored, swapped or made anew under the same name"
    names = {"version": "version", "standby": "is a standby", "database": "database", "role": "seen as role",
             "checksums": "data checksums", "wal_level": "WAL level"}  # fmt: skip
    for key, word in names.items():
        if old.get(key) != new.get(key):
            yield f"{word}: {_word(old.get(key))}, now {_word(new.get(key))}"


def _settings(before: State, after: State) -> Iterator[str]:
    old, new = before.get("settings"), after.get("settings")
    if old is None or new is None:
        return
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        if now is None:
            yield f"{name} is back at its default, was {_value(was)}"
        elif was is None:
            yield f"{name} is set to {_value(now)}{_origin(now)}"
        elif _value(was) != _value(now):
            yield f"{name}: {_value(was)}, now {_value(now)}{_origin(now)}"
        elif was.get("source") != now.get("source"):
            yield f"{name} is still {_value(now)}, and comes from the {now.get('source')}, before from the {was.get('source')}"
        if now and now.get("pending_restart") and not (was or {}).get("pending_restart"):
            waits = f" to {now['waits']}" if now.get("waits") is not None else ""
            yield f"{name} waits for a restart to change{waits}"


_BYTES = {"B": 1, "kB": 2**10, "8kB": 2**13, "MB": 2**20, "16MB": 2**24}


def _value(setting: Mapping[str, Any] | None) -> str:
    """A setting as people write it: 4096 of 8kB is 32MB."""
    value, unit = str((setting or {}).get("value")), (setting or {}).get("unit")
    if not unit or not value.lstrip("-").isdigit() or int(value) <= 0:
        return value or "''"
    if unit not in _BYTES:
        return f"{value}{unit}"
    size = int(value) * _BYTES[unit]
    word, factor = next(
        ((word, factor) for word, factor in (("GB", 2**30), ("MB", 2**20), ("kB", 2**10)) if size % factor == 0),
        ("B", 1),
    )
    return f"{size // factor}{word}"


def _origin(setting: Mapping[str, Any]) -> str:
    if setting.get("file"):
        return f" ({setting['file']}:{setting.get('line')})"
    return f" ({setting['source']})" if setting.get("source") else ""


def _named(noun: str, before: State, after: State, part: str) -> Iterator[str]:
    return _mapping(noun, before.get(part), after.get(part))


def _mapping(noun: str, before: Any, after: Any, *, names_only: bool = False) -> Iterator[str]:
    if before is None or after is None:  # one of them could not be read
        return
    for name in sorted({*before, *after}):
        if name not in after:
            yield f"{noun} {name} is gone"
        elif name not in before:
            yield f"{noun} {name} is new"
        elif not names_only and (told := _told(before[name], after[name])) is not None:
            yield f"{noun} {name} changed{told}"


def _told(before: Any, after: Any) -> str | None:
    """The fields that differ; a hash tells nothing. None when nothing differs that counts."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return None if before == after else ""
    keys = [key for key in after if key not in _RESTLESS and key in before and before[key] != after[key]]
    told = [f"{key.replace('_', ' ')} {_word(before[key])}, now {_word(after[key])}" for key in keys]
    return f": {'; '.join(told)}" if told else None


def _word(value: Any) -> str:
    """A value of the record as people say it."""
    if value is None or isinstance(value, bool) or value == "":
        return _ORDINARY[value]
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, list) else str(value)


def _listed(noun: str, before: State, after: State, part: str, says: Callable[[Any], str]) -> Iterator[str]:
    """Of parts without names, what is new and what is gone."""
    old, new = before.get(part), after.get(part)
    if old is None or new is None:
        return
    was, now = [says(one) for one in old], [says(one) for one in new]
    yield from (f"new {noun}: {line}" for line in now if line not in was)
    yield from (f"{noun} gone: {line}" for line in was if line not in now)


def _fault(row: Mapping[str, Any]) -> str:
    return f"{row.get('file')}:{row.get('line')} {row.get('name') or ''} {row.get('error')}".replace("  ", " ")


def _prepared(row: Mapping[str, Any]) -> str:
    return f"{row.get('gid')} of {row.get('owner')} in {row.get('database')}, since {row.get('prepared')}"


def _rule(row: Mapping[str, Any]) -> str:
    if row.get("error"):
        return f"line {row.get('line_number')}: {row['error']}"
    words = [row.get("type"), ",".join(row.get("database") or ()), ",".join(row.get("user_name") or ()),
             row.get("address"), row.get("netmask"), row.get("auth_method"), *(row.get("options") or ())]  # fmt: skip
    return " ".join(str(word) for word in words if word)


def _overrides(before: Any, after: Any) -> Iterator[str]:
    def named(rows: Any) -> dict[str, str] | None:
        if rows is None:
            return None
        pairs = [(row, str(one).partition("=")) for row in rows for one in row["settings"] or ()]
        return {f"{name} for {_whose(row)}": value for row, (name, _, value) in pairs}

    old, new = named(before), named(after)
    if old is None or new is None:
        return
    for name in sorted({*old, *new}):
        if name not in new:
            yield f"{name} is reset, was {old[name]}"
        elif old.get(name) != new[name]:
            yield f"{name}: {old[name]}, now {new[name]}" if name in old else f"{name} is set to {new[name]}"


def _whose(row: Mapping[str, Any]) -> str:
    role = "every role" if row["role"] == "*" else f"role {row['role']}"
    return role if row["database"] == "*" else f"{role} in database {row['database']}"


def _memberships(before: State, after: State) -> Iterator[str]:
    def named(rows: Any) -> dict[str, Any] | None:
        return None if rows is None else {f"of {row['member']} in {row['role']}": row for row in rows}

    return _mapping("membership", named(before.get("memberships")), named(after.get("memberships")))


def _replication(before: State, after: State) -> Iterator[str]:
    for noun in ("slot", "subscription", "publication"):
        yield from _few(_named(noun, before, after, f"{noun}s"))
    yield from _few(_mapping("standby", _standbys(before), _standbys(after)))
    yield from _listed("source of WAL", before, after, "receiver", lambda row: f"{row.get('host')}:{row.get('port')}")


def _standbys(state: State) -> dict[str, Any] | None:
    rows = state.get("standbys")
    return None if rows is None else {f"{row['application']} at {row['client'] or 'a socket'}": row for row in rows}


def _jobs(state: State) -> dict[str, Any] | None:
    part = state.get("jobs")
    return (
        None
        if part is None
        else {f"{key} {one.get('jobname') or ''}".strip(): one for key, one in part["jobs"].items()}
    )


def _schema(old: Any, new: Any, *, replaced: bool) -> Iterator[str]:
    if not old or not new or old.get("fingerprint") == new.get("fingerprint"):
        return
    if replaced:
        yield "only names are compared, as the numbers of all objects are others in another database"
    for part, noun in _NOUNS.items():
        pairs = [dict((one.get("objects") or {}).get(part, ())) for one in (old, new)]
        yield from _few(_mapping(noun, *pairs, names_only=replaced))


def _migrations(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Only the newest lines are recorded, so what stands before the first that both have is new, or was taken back."""
    for table, lines in sorted(after.items()):
        old = before.get(table)
        if isinstance(lines, list) and isinstance(old, list):
            yield from (f"new in {table}: {_brief(line)}" for line in _ahead(lines, old))
            if not old or not lines or any(line in old for line in lines):
                yield from (f"gone from {table}: {_brief(line)}" for line in _ahead(old, lines))


def _ahead(lines: list[Any], others: list[Any]) -> Iterator[Any]:
    return takewhile(lambda line: line not in others, lines)


def _brief(line: Any) -> str:
    return ", ".join(f"{key} {value}" for key, value in list(line.items())[:3]) if isinstance(line, dict) else str(line)


def _unread(before: State, after: State) -> Iterator[str]:
    old, new = before.get("unknown") or {}, after.get("unknown") or {}
    for part in sorted({*old, *new}):
        yield f"{part.replace('_', ' ')}: {new.get(part) or old.get(part)}"


def _few(lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return found[:MOST] + ([f"… and {len(found) - MOST} more like these"] if len(found) > MOST else [])
