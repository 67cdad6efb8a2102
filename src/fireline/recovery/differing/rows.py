"""The rows of one table in two databases: counted and hashed in buckets, read only where these differ, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from psycopg import sql
from psycopg.rows import tuple_row

from fireline.postgres.watch import Watch
from fireline.recovery.differing.pairs import Key, Pair, hashed
from fireline.recovery.differing.sides import Side, both

Kind = Literal["missing", "returning", "changed"]
Bucket = dict[int, tuple[int, Any]]

MOST_READ = 1_000_000  # rows of one side that are read one by one; after that it is "at least"
_FEW, _MANY = 1_024, 16_384  # buckets; of a large table more, so that one changed row has fewer neighbours
_LARGE = 1_000_000
_BATCH = 5_000
_SAMPLES = 5
_PLAIN = ("bigint", "integer", "smallint", "uuid", "boolean", "date", "timestamp", "numeric", "oid")
_SHOWN = 2  # letters of a key that may be a name or an address


@dataclass
class Counted:
    """How the rows of a table differ. missing: only the live one has them; returning: only the restored one has them."""

    rows_live: int = 0
    rows_restored: int = 0
    missing: int = 0
    returning: int = 0
    changed: int = 0
    share: float = 1.0  # of the keys that were looked at; below 1 there are at least so many
    filled: dict[str, int] = field(default_factory=dict)  # columns only the live one has, and rows with a value in them
    samples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether everything that differs was counted."""
        return self.share == 1.0

    def about(self, number: int) -> int:
        """How many there are in all: keys are looked at in the order of their hashes, so a share of them is a fair sample."""
        return round(number / self.share) if self.share else number

    @property
    def equal(self) -> bool:
        """Whether no row differs."""
        return not (self.missing or self.returning or self.changed)


def count(live: Side, restored: Side, pair: Pair, *, watch: Watch, most: int = MOST_READ) -> Counted:
    """Compare a table's rows. Raises psycopg.Error for what can not be read, StatementFailed when cancelled."""
    found = Counted()
    buckets = _differing(live, restored, pair, found, watch)
    if not buckets:
        return found
    plain = all(pair.live.columns[name].type.startswith(_PLAIN) for name in pair.key)
    for kind, key, number in _walk(live, restored, pair, buckets, found, watch, most):
        setattr(found, kind, getattr(found, kind) + number)
        kept = found.samples.setdefault(kind, [])
        if pair.key and len(kept) < _SAMPLES:
            kept.append(shown(key, plain=plain))
    return found


def differences(live: Side, restored: Side, pair: Pair, *, watch: Watch) -> Iterator[tuple[Kind, Key]]:
    """The key of every row that differs; of a table without a key nothing, as its rows can not be told apart."""
    if not pair.key:
        return
    found = Counted()
    if buckets := _differing(live, restored, pair, found, watch):
        for kind, key, _ in _walk(live, restored, pair, buckets, found, watch, None):
            yield kind, key


def shown(key: Key, *, plain: bool) -> str:
    """A key as people may see it: numbers, times and ids whole, of anything else the first letters."""
    return ", ".join(part if plain or len(part) <= _SHOWN else f"{part[:_SHOWN]}…" for part in key)


# Where they differ --------------------------------------------------------------------------------------------


def _mask(pair: Pair) -> int:
    return (_MANY if max(pair.live.estimate, pair.restored.estimate) > _LARGE else _FEW) - 1


def _differing(live: Side, restored: Side, pair: Pair, found: Counted, watch: Watch) -> list[int]:
    """The buckets whose rows differ in number or content; none: the tables are equal."""
    mask = sql.Literal(_mask(pair))

    def look(side: Side) -> Bucket:
        query = sql.SQL("SELECT (fireline_k & {})::int, count(*), sum(fireline_c) FROM ({}) AS rows GROUP BY 1").format(
            mask, hashed(live, restored, pair, side)
        )
        return {bucket: (number, total) for bucket, number, total in side.tuples(query)}

    ours, theirs = both(live, restored, look, watch)
    found.rows_live = sum(number for number, _ in ours.values())
    found.rows_restored = sum(number for number, _ in theirs.values())
    if pair.added:
        counts = sql.SQL(", ").join(sql.SQL("count({})").format(sql.Identifier(name)) for name in pair.added)
        values = live.tuples(sql.SQL("SELECT {} FROM {}").format(counts, pair.live.rows))[0]
        found.filled = dict(zip(pair.added, values, strict=True))
    return sorted(one for one in ours.keys() | theirs.keys() if ours.get(one) != theirs.get(one))


# The walk through what differs --------------------------------------------------------------------------------


def _walk(
    live: Side, restored: Side, pair: Pair, buckets: list[int], found: Counted, watch: Watch, most: int | None
) -> Iterator[tuple[Kind, Key, int]]:
    """Go through both sides in the order of the keys' hashes, and tell what only one has and what is another there."""
    group = sql.SQL("" if pair.key else " GROUP BY fireline_k, fireline_c")
    chosen = sql.SQL("rows.*" if pair.key else "fireline_k, count(*)")
    query = {
        id(side): sql.SQL(
            "SELECT {} FROM ({}) AS rows WHERE (fireline_k & {})::int = ANY ({}::int[]){} ORDER BY fireline_k"
        ).format(chosen, hashed(live, restored, pair, side), sql.Literal(_mask(pair)), sql.Literal(buckets), group)
        for side in (live, restored)
    }
    with live.conn.transaction(), restored.conn.transaction():
        ours, theirs = both(live, restored, lambda side: _Stream(side, query[id(side)], watch), watch)
        yield from (_by_key if pair.key else _by_content)(_aligned(ours, theirs, found, most))
        ours.close()
        theirs.close()


class _Stream:
    """Rows of one side in groups that share their key's hash: nearly always one row."""

    def __init__(self, side: Side, query: sql.Composed, watch: Watch) -> None:
        self.read = 0
        self._watch = watch
        self._cursor = side.conn.cursor(name="fireline_rows", row_factory=tuple_row)
        self._cursor.execute(query)
        self._first = self._cursor.fetchmany(_BATCH)  # the server sorts at the first fetch

    def __iter__(self) -> Iterator[tuple[int, dict[Key, int]]]:
        batch, hash_, group = self._first, None, dict[Key, int]()
        while batch:
            self._watch.cancel.check()
            for row in batch:
                self.read += 1
                if row[0] != hash_:
                    if hash_ is not None:
                        yield hash_, group
                    hash_, group = row[0], {}
                group[row[2:]] = row[1]
            batch = self._cursor.fetchmany(_BATCH)
        if hash_ is not None:
            yield hash_, group

    def close(self) -> None:
        self._cursor.close()


Aligned = Iterator[tuple[dict[Key, int], dict[Key, int]]]


def _aligned(ours: _Stream, theirs: _Stream, found: Counted, most: int | None) -> Aligned:
    """The groups of both sides with the same hash, an empty one where a side has none; until enough was read."""
    left, right = iter(ours), iter(theirs)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            now, mine, yours = one[0], one[1], {}
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            now, mine, yours = other[0], {}, other[1]
            other = next(right, None)
        else:
            now, mine, yours = one[0], one[1], other[1]
            one, other = next(left, None), next(right, None)
        yield mine, yours
        if most is not None and max(ours.read, theirs.read) > most and (one or other):
            found.share = (now + 2**63) / 2**64
            return


def _by_key(aligned: Aligned) -> Iterator[tuple[Kind, Key, int]]:
    for mine, other in aligned:
        for key, content in mine.items():
            if key not in other:
                yield "missing", key, 1
            elif other[key] != content:
                yield "changed", key, 1
        for key in other:
            if key not in mine:
                yield "returning", key, 1


def _by_content(aligned: Aligned) -> Iterator[tuple[Kind, Key, int]]:
    """Without a key: of each content how many rows more one side has; a changed row counts as one lost and one returned."""
    for mine, other in aligned:
        more = mine.get((), 0) - other.get((), 0)
        if more:
            yield ("missing" if more > 0 else "returning"), (), abs(more)
