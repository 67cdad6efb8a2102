"""How an index is made, made anew or taken away while the table is in use. Pure."""

# ruff: noqa: S608 - only names that were quoted go into these texts
from __future__ import annotations

from collections.abc import Sequence

from fireline.assess.checks.indexes import Index
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.quoting import ident, literal, qualified
from fireline.assess.slowness import fresh_name
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cure, Probe

_MOST_PARTS = 50
GENTLE = (
    "It is built while the table is in use: it waits for transactions that are open now, takes time and disk space,"
    " and leaves an invalid index behind when it fails."
)


def create(
    snapshot: Snapshot, table: Table, keys: Sequence[str], columns: Sequence[str], *, why: str, method: str = "btree"
) -> Cure:
    """An index on these keys, each already as SQL; `columns` are for its name. On a partitioned table, one for each part."""
    name = fresh_name(snapshot, table, columns)
    using = f" USING {method}" if method != "btree" else ""
    over = f"{using} ({', '.join(keys)})"
    whole = qualified(table.schema, name)
    parts = _parts(snapshot, table)
    sql: tuple[str, ...]
    if table.kind != "p":
        sql = (f"CREATE INDEX CONCURRENTLY {ident(name)} ON {qualified(table.schema, table.name)}{over}",)
    elif parts:
        sql = _for_parts(table, parts, name, over)
    else:
        sql = (f"CREATE INDEX {ident(name)} ON {qualified(table.schema, table.name)}{over}",)
    gentle = (
        GENTLE
        if table.kind != "p" or parts
        else "On a table of so many partitions it locks out writers while it is built."
    )
    drop = f"DROP INDEX {'CONCURRENTLY ' if table.kind != 'p' else ''}{whole}"
    return Cure(text=f"{why} {gentle}", sql=sql, level="reversible", undo=(drop,))


def _parts(snapshot: Snapshot, table: Table) -> tuple[Table, ...]:
    tables = snapshot.last("tables", Tables)
    found = tables.parts(table) if tables and table.kind == "p" else ()
    flat = all(one.parent == table.oid for one in found)
    return found if flat and len(found) <= _MOST_PARTS else ()


def _for_parts(table: Table, parts: tuple[Table, ...], name: str, over: str) -> tuple[str, ...]:
    sql = [f"CREATE INDEX {ident(name)} ON ONLY {qualified(table.schema, table.name)}{over}"]
    for number, part in enumerate(parts, 1):
        own = f"{name[:55]}_{number}"
        sql.append(f"CREATE INDEX CONCURRENTLY {ident(own)} ON {qualified(part.schema, part.name)}{over}")
        sql.append(f"ALTER INDEX {qualified(table.schema, name)} ATTACH PARTITION {qualified(part.schema, own)}")
    return tuple(sql)


def there(table: Table, column: str) -> Probe:
    """Green once a valid index begins with the column."""
    return Probe(
        "SELECT i.indexrelid::regclass::text AS index FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid"
        " JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]"
        f" WHERE n.nspname = {literal(table.schema)} AND t.relname = {literal(table.name)} AND a.attname = {literal(column)}"
        " AND i.indisvalid AND i.indisready AND i.indpred IS NULL",
        "rows >= 1",
    )


def computed(table: Table, column: int, known: Sequence[Index], method: str = "") -> Probe:
    """Green once there is a valid index on an expression of the column, or of this method, that was not there before."""
    before = ", ".join(str(one.oid) for one in known if one.usable) or "0"
    kind = (
        f"am.amname = {literal(method)} AND {column} = ANY (i.indkey::int2[])"
        if method
        else f"i.indexprs::text LIKE '%:varattno {column} %'"
    )
    return Probe(
        "SELECT i.indexrelid::regclass::text AS index FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am am ON am.oid = x.relam"
        f" WHERE i.indrelid = {table.oid} AND i.indisvalid AND i.indisready AND {kind} AND i.indexrelid NOT IN ({before})",
        "rows >= 1",
    )


def of_class(table: Table, column: int, name: str) -> Probe:
    """Green once a valid index of this operator class has the column."""
    return Probe(
        "SELECT i.indexrelid::regclass::text AS index FROM pg_index i JOIN pg_opclass o ON o.oid = ANY (i.indclass::oid[])"
        f" WHERE i.indrelid = {table.oid} AND i.indisvalid AND i.indisready AND {column} = ANY (i.indkey::int2[]) AND o.opcname = {literal(name)}",
        "rows >= 1",
    )


def valid(index: Index) -> Probe:
    """Green once the index is valid, or gone."""
    return Probe(
        "SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname = {literal(index.schema)} AND c.relname = {literal(index.name)} AND NOT (i.indisvalid AND i.indisready AND i.indislive)",
        "rows = 0",
    )
