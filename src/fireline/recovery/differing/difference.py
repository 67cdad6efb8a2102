"""What a restored database would lose, bring back to life and miss, set against the one in use; or, after a swap, what it did."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from fireline import clock, redact
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery.differing import around, catalogs, rows, told
from fireline.recovery.differing.catalogs import Unread
from fireline.recovery.differing.pairs import Pair
from fireline.recovery.differing.sides import Side, side_of, why
from fireline.recovery.kept import readable

_MADE = (
    "created_at",
    "inserted_at",
    "created",
    "created_on",
    "createdat",
    "date_created",
    "creation_date",
    "date_joined",
)
_TOUCHED = (
    "updated_at",
    "modified_at",
    "updated",
    "updated_on",
    "updatedat",
    "last_modified",
    "modified",
    "changed_at",
)


def between(
    target: Target,
    live: str,
    restored: str,
    *,
    snapshot_at: datetime | None,
    watch: Watch,
    swapped: bool = False,
    most: int = rows.MOST_READ,
) -> dict[str, Any]:
    """Compare two databases of the target's server, each at one moment, reading only.

    live: the one with the present state; after a swap (`swapped`) the one that is kept. restored: the one from the backup.
    Three lists of {kind, name, says, …}: `lost`, `back`, `missing`; `unknown` holds what could not be compared;
    `text` says it all. Raises TargetUnavailable, NotFound, StatementFailed when cancelled.
    """
    began = time.monotonic()
    with (
        readable(target, live),
        readable(target, restored),
        side_of(target, live) as one,
        side_of(target, restored) as other,
    ):
        found = _Look(one, other, snapshot_at, watch, most).all()
    found |= {
        "live": live,
        "restored": restored,
        "snapshot_at": snapshot_at.astimezone(UTC).isoformat() if snapshot_at else None,
        "taken_at": clock.now().isoformat(),
        "seconds": round(time.monotonic() - began, 2),
        "swapped": swapped,
    }
    clean: dict[str, Any] = redact.tree(found)
    return {**clean, "text": told.text(clean)}


class _Look:
    """One comparison under way: what it has found so far."""

    def __init__(self, live: Side, restored: Side, since: datetime | None, watch: Watch, most: int) -> None:
        self.live, self.restored, self.since = live, restored, since
        self.watch, self.most = watch, most
        self.unread: list[Unread] = []
        self.found: dict[str, list[dict[str, Any]]] = {"lost": [], "back": [], "missing": []}
        self.tables = {"compared": 0, "equal": 0, "rows": 0}

    def all(self) -> dict[str, Any]:
        """Everything, the rows first."""
        renamed = self._renamed()
        self._tables(renamed)
        self._catalogs(renamed)
        for part, entry in around.entries(self.live, self.restored, self.watch, self.unread):
            self.found[part].append(entry)
        unknown = [{"kind": "unknown", "name": one.what, "says": told.unread(one)} for one in self.unread]
        return {"tables": self.tables, **self.found, "unknown": unknown}

    # Rows -----------------------------------------------------------------------------------------------------

    def _renamed(self) -> dict[str, str]:
        """Tables with another name on each side and the very same columns; only where no second one could be meant."""
        alone = (
            self.live.tables.keys() - self.restored.tables.keys(),
            self.restored.tables.keys() - self.live.tables.keys(),
        )
        shapes: tuple[dict[Any, list[str]], dict[Any, list[str]]] = ({}, {})
        for names, side, by_shape in zip(alone, (self.live, self.restored), shapes, strict=True):
            for name in sorted(names):
                table = side.tables[name]
                by_shape.setdefault(tuple((one.name, one.type) for one in table.columns.values()), []).append(name)
        return {
            now[0]: shapes[1][shape][0]
            for shape, now in shapes[0].items()
            if shape and len(now) == 1 and len(shapes[1].get(shape, [])) == 1
        }

    def _tables(self, renamed: dict[str, str]) -> None:
        names = [name for name in self.live.tables if name in self.restored.tables or name in renamed]
        for place, name in enumerate(names):
            self.watch.tell("comparing the rows of tables", place, len(names), "tables")
            former = renamed.get(name, name)
            pair = Pair.of(self.live.tables[name], self.restored.tables[former])
            if name in renamed:
                self.found["lost"].append(told.renamed(name, former))
            hidden = pair.live.hidden or pair.restored.hidden
            if hidden:
                self.unread.append(Unread(f"the rows of {name}", hidden))
                continue
            try:
                counted = rows.count(self.live, self.restored, pair, watch=self.watch, most=self.most)
            except psycopg.Error as fault:
                self._still_there()
                self.unread.append(Unread(f"the rows of {name}", why(fault)))
            else:
                self._table(name, pair, counted)
        self._alone(renamed)

    def _table(self, name: str, pair: Pair, counted: rows.Counted) -> None:
        self.tables["compared"] += 1
        self.tables["equal"] += counted.equal
        self.tables["rows"] += counted.rows_live
        newer = None if counted.equal else self._newer(pair)
        for part, entry in told.table(name, pair, counted, newer):
            self.found[part].append(entry)

    def _alone(self, renamed: dict[str, str]) -> None:
        """Tables that only one side has, with their rows."""
        for side, other, part in ((self.live, self.restored, "lost"), (self.restored, self.live, "back")):
            known = renamed.keys() | set(renamed.values())
            for name in sorted(side.tables.keys() - other.tables.keys() - known):
                number = self._number(side, name)
                self.found[part].append(told.table_alone(part, name, number))

    def _number(self, side: Side, name: str) -> int | None:
        table = side.tables[name]
        if table.hidden:
            self.unread.append(Unread(f"the number of rows of {name}", table.hidden))
            return None
        try:
            return int(side.tuples(sql.SQL("SELECT count(*) FROM {}").format(table.rows))[0][0])
        except psycopg.Error as fault:
            self._still_there()
            self.unread.append(Unread(f"the number of rows of {name}", why(fault)))
            return None

    def _newer(self, pair: Pair) -> dict[str, int] | None:
        """How many rows of the live one say themselves that they were made or changed since the backup."""
        if self.since is None:
            return None
        found = {}
        for what, known in (("made", _MADE), ("touched", _TOUCHED)):
            column = next(self._times(pair, known), None)
            if column is None:
                continue
            query = sql.SQL("SELECT count(*) FROM {} WHERE {} > {}").format(
                pair.live.rows, sql.Identifier(column), sql.Literal(self.since)
            )
            with suppress(psycopg.Error):
                found[what] = int(self.live.tuples(query)[0][0])
        self._still_there()
        return found or None

    @staticmethod
    def _times(pair: Pair, known: tuple[str, ...]) -> Iterator[str]:
        by_name = {name.casefold(): name for name, one in pair.live.columns.items() if one.type.startswith("timestamp")}
        return (by_name[name] for name in known if name in by_name)

    def _still_there(self) -> None:
        """A lost connection ends the comparison: what comes after it would all be unknown."""
        if self.live.conn.closed or self.restored.conn.closed:
            raise psycopg.OperationalError("the connection was lost")

    # Everything else -------------------------------------------------------------------------------------------

    def _catalogs(self, renamed: dict[str, str]) -> None:
        sides = (self.live, self.restored, self.watch, self.unread)
        tables = self.live.tables.keys() ^ self.restored.tables.keys()
        for thing in catalogs.objects(*sides):
            if thing.kind == "table" and thing.name in tables:
                continue  # told with its rows, or as renamed
            for part, entry in told.thing(thing):
                self.found[part].append(entry)
        entries = [
            *(("lost", told.owner(*one)) for one in catalogs.owners(*sides)),
            *told.grants(*catalogs.grants(*sides)),
            *(("lost", told.sequence(*one)) for one in catalogs.sequences(*sides)),
            *(("lost", told.migration(*one)) for one in catalogs.migrations(*sides)),
            *(("missing", told.extension(*one)) for one in catalogs.extensions(*sides)),
            *told.large_objects(catalogs.large_objects(*sides)),
        ]
        for part, entry in entries:
            self.found[part].append(entry)
