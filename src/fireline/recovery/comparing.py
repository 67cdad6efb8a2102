"""What differs between the census of a backup and that of what was restored from it; a faithful restore differs in nothing.

What PostgreSQL itself changes from one version to the next is no difference; `notes` says what is worth knowing all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from fireline.recovery.census import Census, TableCensus
from fireline.recovery.names import parts, quoted
from fireline.recovery.objects import OUTLINES, VIEWS

# What the content of a database is written in; the rest of `database` is put on at the swap.
_WRITTEN_IN = ("encoding", "collate", "ctype", "provider", "icu_rules")
_OF_TABLE = (
    "columns",
    "not_nulls",
    "constraints",
    "triggers",
    "rules",
    "policies",
    "maintain",
    "views",
    "view_outlines",
)
_SPELT_ANEW = ("collations",)  # 16 and later write ICU's locales in another form
_CLOSED_SINCE = 15  # from here on, schema public is not open to everybody
_ONE = {
    "access_methods": "access method", "indexes": "index", "policies": "policy", "foreign_data_wrappers": "foreign data wrapper",
    "operator_classes": "operator class", "operator_families": "operator family", "security_labels": "security label",
    "text_search": "text search", "rights": "rights on", "maintain": "right to maintain", "not_nulls": "not-null rule of",
    "default_privileges": "default privileges", "statistics": "statistics", "comments": "comment on", "large_objects": "large objects of",
    "publication_tables": "published table", "publication_schemas": "published schema", "columns": "column",
    "multiranges": "multirange",
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One thing that is not as expected; expected or found is None where it is missing. says: one sentence."""

    what: str  # rows, content, table, index, sequence …
    name: str
    expected: Any
    found: Any
    says: str

    def json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def compare(
    expected: Census, found: Census, *, sequences_after: dict[str, list[int | bool]] | None = None
) -> list[Difference]:
    """What is missing, too much or other in `found`; empty when it is a faithful copy.

    sequences_after: where the sequences of the source stood when the dump had ended; any place up to there is right.
    """
    return [
        *_database(expected, found),
        *_tables(expected, found),
        *_sequences(expected, found, sequences_after or expected.sequences),
        *_large_objects(expected, found),
        *_objects(expected, found),
    ]


def notes(expected: Census, found: Census) -> list[str]:
    """What is rightly not the same, or was not looked at, in one sentence each."""
    said = []
    if _major(expected) != _major(found):
        said.append(f"It comes from PostgreSQL {_major(expected)} and is in PostgreSQL {_major(found)} now.")
    for name, version in sorted(expected.extensions.items()):
        now = found.extensions.get(name, version)
        if now != version:
            said.append(
                f"Extension {quoted(name)} was version {version} and is {now} now: a dump does not carry its version."
            )
    said += [f"The rows of {name} were not compared: {why}." for name, why in sorted(expected.left_out.items())]
    for name, one in sorted(expected.tables.items()):
        other = found.tables.get(name)
        if one.how == "count" and other is not None and other.rows != one.rows:
            said.append(
                f"The materialized view {name} had {_rows(one.rows)} and has {other.rows} after it was filled again."
            )
    return said


def _major(census: Census) -> int:
    return int(census.database.get("major") or 0)


def _database(expected: Census, found: Census) -> Iterator[Difference]:
    crossing = _major(expected) != _major(found)
    for key in _WRITTEN_IN if crossing else (*_WRITTEN_IN, "locale"):
        was, is_ = expected.database.get(key), found.database.get(key)
        if was != is_:
            says = f"The database's {key} is {is_ or 'not set'}, and was {was or 'not set'}"
            told = ", so that rows can not be compared" if key == "encoding" else ""
            yield Difference("database", key, was, is_, f"{says}{told}.")


def _tables(expected: Census, found: Census) -> Iterator[Difference]:
    for name, was in sorted(expected.tables.items()):
        is_ = found.tables.get(name)
        if is_ is None:
            why = found.left_out.get(name)
            says = (
                f"The rows of {name} could not be counted: {why}."
                if why
                else f"Table {name} with {_rows(was.rows)} is missing."
            )
            yield Difference("rows" if why else "table", name, was.rows, None, says)
        elif was.how == is_.how == "rows":
            yield from _content(was, is_)
    for name in sorted(found.tables.keys() - expected.tables.keys() - expected.left_out.keys()):
        rows = found.tables[name].rows
        yield Difference("table", name, None, rows, f"Table {name} with {_rows(rows)} is not in the backup.")


def _content(was: TableCensus, is_: TableCensus) -> Iterator[Difference]:
    if was.rows != is_.rows:
        off = abs(was.rows - is_.rows)
        more = "more" if is_.rows > was.rows else "fewer"
        says = f"Table {was.name} has {_rows(is_.rows)}, {off} {more} than the {was.rows} in the backup."
        yield Difference("rows", was.name, was.rows, is_.rows, says)
    elif was.hash != is_.hash:
        says = f"Table {was.name} has all {_rows(was.rows)}, but at least one value in them is not as in the backup."
        yield Difference("content", was.name, was.hash, is_.hash, says)


def _rows(number: int) -> str:
    return f"{number} row" if number == 1 else f"{number} rows"


def _sequences(expected: Census, found: Census, after: dict[str, list[int | bool]]) -> Iterator[Difference]:
    before = expected.sequences
    for name in sorted(before.keys() & found.sequences.keys()):
        was, is_ = before[name], found.sequences[name]
        if not _between(was, is_, after.get(name, was)):
            says = f"Sequence {name} stands at {_stand(is_)}, and stood at {_stand(was)} when the backup was taken."
            yield Difference("sequence", name, was, is_, says)
    for name in sorted(before.keys() - found.sequences.keys()):
        yield Difference("sequence", name, before[name], None, f"Sequence {name} is missing.")
    for name in sorted(found.sequences.keys() - before.keys()):
        yield Difference("sequence", name, None, found.sequences[name], f"Sequence {name} is not in the backup.")


def _between(was: list[int | bool], is_: list[int | bool], after: list[int | bool]) -> bool:
    """Whether a sequence is no less far than before and no farther than after, in its own direction, perhaps around."""
    low, place, high = (_place(one, int(was[2])) for one in (was, is_, after))
    return low <= place <= high if low <= high else place >= low or place <= high


def _place(stand: list[int | bool], increment: int) -> int:
    """How far it is: grows with each number given out."""
    last = int(stand[0]) if stand[1] else int(stand[0]) - increment
    return last if increment > 0 else -last


def _stand(stand: list[int | bool]) -> str:
    return f"{stand[0]}" if stand[1] else f"{stand[0]} (not yet given out)"


def _large_objects(expected: Census, found: Census) -> Iterator[Difference]:
    was, is_ = expected.large_objects, found.large_objects
    if was["count"] != is_["count"]:
        says = f"There are {is_['count']} large objects, and the backup has {was['count']}."
        yield Difference("large objects", "count", was["count"], is_["count"], says)
    elif was["hash"] != is_["hash"]:
        says = "There are as many large objects as in the backup, but the content of at least one is not the same."
        yield Difference("large objects", "content", was["hash"], is_["hash"], says)


def _objects(expected: Census, found: Census) -> Iterator[Difference]:
    crossing = _major(expected) != _major(found)
    other_words = VIEWS if crossing else OUTLINES
    for part in _in_order((expected.objects.keys() & found.objects.keys()) - {other_words}):
        was, is_ = expected.objects[part], found.objects[part]
        for name in sorted(was.keys() | is_.keys()):
            same = was.get(name) == is_.get(name)
            if same or (crossing and _by_version(part, name, name in was and name in is_, expected, found)):
                continue
            if not _told_already(part, name, expected, found) and not _told_already(part, name, found, expected):
                view = part == "tables" and name in (expected.objects.get(VIEWS, {}) | found.objects.get(VIEWS, {}))
                yield _difference("views" if view or part == OUTLINES else part, name, was.get(name), is_.get(name))


def _told_already(part: str, name: str, one: Census, other: Census) -> bool:
    """Whether it is missing with something that is missing as a whole, or was told by what it holds."""
    if part == "tables":
        return name in one.tables and name not in other.tables
    if part == "sequences":
        return name in one.sequences and name not in other.sequences
    if part == "large_objects":
        return bool(one.large_objects["count"] != other.large_objects["count"])
    if part == "not_nulls" and (name in one.objects[part]) != (name in other.objects[part]):
        return True  # its column says so
    ours, theirs = one.objects.get("tables", {}), other.objects.get("tables", {})
    return part in _OF_TABLE and any(table in ours and table not in theirs for table in _within(name))


def _within(name: str) -> list[str]:
    """A name and what it is part of: of a.b.c also a.b."""
    return [quoted(*parts(name)[:length]) for length in range(2, len(parts(name)) + 1)]


def _in_order(parts: Iterable[str]) -> list[str]:
    """Tables first, and what is part of a table next, as people look for it."""
    return sorted(parts, key=lambda part: (part != "tables", part not in _OF_TABLE, part))


def _by_version(part: str, name: str, in_both: bool, expected: Census, found: Census) -> bool:
    """Whether such a difference comes from the version of the server."""
    opened = _major(expected) < _CLOSED_SINCE <= _major(found)
    return (part in _SPELT_ANEW and in_both) or (part == "schemas" and name == "public" and opened)


def _difference(part: str, name: str, was: str | None, is_: str | None) -> Difference:
    what = _ONE.get(part) or re.sub("s$", "", part).replace("_", " ")
    titled = f"{what[0].upper()}{what[1:]} {name}"
    if is_ is None:
        return Difference(what, name, was, None, f"{titled} is missing.")
    if was is None:
        return Difference(what, name, None, is_, f"{titled} is not in the backup.")
    return Difference(what, name, was, is_, f"{titled} is not as in the backup.")
