"""One table in two databases: what of it can be compared, and the statement that hashes its keys and rows alike on both."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from fireline.recovery.differing.sides import Column, Side, Table

Key = tuple[str, ...]

_HASH_OF_RECORD = 140_000  # the first version that has hash_record_extended


@dataclass(frozen=True)
class Pair:
    """A table in both databases, and what is compared of it: the columns that both have."""

    live: Table
    restored: Table
    key: Key  # empty: no key that both have, so whole rows are compared
    columns: tuple[str, ...]
    added: tuple[str, ...]  # columns that only the live one has
    dropped: tuple[str, ...]  # that only the restored one has

    @classmethod
    def of(cls, live: Table, restored: Table) -> Pair:
        """What can be compared; the key is one that tells rows apart on both sides."""
        content = [name for name, column in live.columns.items() if name in restored.columns and not column.generated]
        theirs = {frozenset(key) for key in restored.keys}
        key = next((key for key in live.keys if frozenset(key) in theirs), ())
        added = tuple(name for name in live.columns if name not in restored.columns)
        dropped = tuple(name for name in restored.columns if name not in live.columns)
        return cls(live, restored, key, tuple(content), added, dropped)

    def on(self, side: Side) -> Table:
        """The table on that side."""
        return self.live if side.tables.get(self.live.full) is self.live else self.restored


def hashed(live: Side, restored: Side, pair: Pair, side: Side) -> sql.Composed:
    """Of each row fireline_k: its key's hash, fireline_c: its content's hash, and the key as texts; without a key, both are the same.

    PostgreSQL's own hashes serve only where equal means the same bytes: an enum's is made of its number, which another
    database has differently, and 1.0 has that of 1.00. Everything else is hashed as the text that it is written as.
    """
    table, other = (pair.on(side), pair.on(restored if side is live else live))
    recode = live.encoding != restored.encoding
    content = _content(table, other, pair, recode=recode, record=side.version >= _HASH_OF_RECORD)
    if not pair.key:
        return sql.SQL(
            "SELECT fireline_c AS fireline_k, fireline_c FROM (SELECT {} AS fireline_c FROM {}) AS t"
        ).format(content, table.rows)
    keys = sql.SQL(", ").join(
        sql.SQL("{}::text AS {}").format(sql.Identifier(name), sql.Identifier(f"fireline_{place}"))
        for place, name in enumerate(pair.key)
    )
    texts = [_text(name, recode=recode) for name in pair.key]
    whole = texts[0] if len(texts) == 1 else sql.SQL("ROW({})::text").format(sql.SQL(", ").join(texts))
    return sql.SQL('SELECT hashtextextended({} COLLATE "C", 0) AS fireline_k, {} AS fireline_c, {} FROM {}').format(
        whole, content, keys, table.rows
    )


def _content(table: Table, other: Table, pair: Pair, *, recode: bool, record: bool) -> sql.Composable:
    """The hash of what both have of a row."""
    if not pair.columns:
        return sql.SQL("0::bigint")

    def value(name: str) -> sql.Composable:
        same = record and not recode and _exact(table.columns[name], other.columns[name])
        return sql.Identifier(name) if same else _text(name, recode=recode)

    row = sql.SQL("ROW({})").format(sql.SQL(", ").join(map(value, pair.columns)))
    if record:
        return sql.SQL("hash_record_extended({}, 0)").format(row)
    return sql.SQL('hashtextextended({}::text COLLATE "C", 0)').format(row)


def _text(name: str, *, recode: bool) -> sql.Composable:
    """A value as it is written, letter by letter whatever its collation; of databases in two encodings, in UTF-8."""
    plain = sql.SQL('({}::text COLLATE "C")').format(sql.Identifier(name))
    return sql.SQL("encode(convert_to({}, 'UTF8'), 'hex')").format(plain) if recode else plain


def _exact(one: Column, other: Column) -> bool:
    return one.exact and other.exact and one.type == other.type
