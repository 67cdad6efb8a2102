"""Rows of one database put into another in one transaction: through temporary tables, checked there, inserted group by group."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from psycopg import sql

from fireline.postgres.connect import Connection
from fireline.postgres.watch import Watch
from fireline.recovery.differing import rows
from fireline.recovery.differing.pairs import Key, Pair
from fireline.recovery.differing.sides import Q, Side, steady
from fireline.recovery.rescuing.references import Reference

_BATCH = 5_000
_MODES = {"O": "ENABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


@dataclass
class Filled:
    """What became of the rows of one table."""

    pair: Pair
    temp: str
    loaded: int = 0
    taken: int = 0  # a row with the same unique value is there already
    orphans: int = 0  # the row that it refers to is not there
    inserted: int = 0
    replaced: int = 0
    others: list[Any] = field(default_factory=list)  # keys of further rows that triggers wrote in this transaction

    @property
    def columns(self) -> list[str]:
        """The columns that can be written."""
        return [name for name in self.pair.columns if not self.pair.restored.columns[name].generated]


def names(columns: list[str] | tuple[str, ...], prefix: str = "") -> sql.Composed:
    """Column names with commas, behind a table's alias where one is given."""
    return sql.SQL(", ").join(sql.SQL(prefix) + sql.Identifier(name) for name in columns)


def same(left: str, ours: tuple[str, ...], right: str, theirs: tuple[str, ...]) -> sql.Composed:
    """The condition that two tables' columns are equal, pair by pair."""
    return sql.SQL(" AND ").join(
        sql.SQL("{}.{} = {}.{}").format(sql.SQL(left), sql.Identifier(one), sql.SQL(right), sql.Identifier(other))
        for one, other in zip(ours, theirs, strict=True)
    )


def load(conn: Connection, old: Side, now: Side, one: Filled, kind: rows.Kind, watch: Watch) -> None:
    """Copy the rows that only the old one has (or that are another there) into a temporary table."""
    conn.execute(
        sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            sql.Identifier(one.temp), names(one.columns), one.pair.restored.rows
        )
    )
    keys = (key for found, key in rows.differences(old, now, one.pair, watch=watch) if found == kind)
    with _written_alike(conn):
        while batch := list(islice(keys, _BATCH)):
            watch.cancel.check()
            _copy(conn, old, one, batch)
            one.loaded += len(batch)
            watch.tell(f"copying rows of {one.pair.live.full}", one.loaded, None, "rows")
    conn.execute(sql.SQL("ANALYZE {}").format(sql.Identifier("pg_temp", one.temp)))


@contextmanager
def _written_alike(conn: Connection) -> Iterator[None]:
    """Values are read as the other side writes them; afterwards triggers find the settings of the database."""
    known = conn.execute(
        "SELECT name, current_setting(name) AS value FROM unnest(ARRAY['timezone', 'datestyle', 'intervalstyle', 'bytea_output',"
        " 'extra_float_digits', 'lc_monetary', 'xmloption', 'xmlbinary', 'search_path', 'row_security', 'array_nulls',"
        " 'quote_all_identifiers']) AS name"
    ).fetchall()
    steady(conn)
    yield
    for row in known:
        conn.execute("SELECT set_config(%s, %s, true)", [row["name"], row["value"]])


def _copy(conn: Connection, old: Side, one: Filled, keys: list[Key]) -> None:
    """One batch by its keys. As text: binary arrays and records hold numbers of types, which another database has differently."""
    pair = one.pair
    letters = [f"k{place}" for place in range(len(pair.key))]
    wanted = sql.SQL(", ").join(
        sql.SQL("{}::{}").format(sql.Identifier(letter), sql.SQL(pair.live.columns[name].type))
        for letter, name in zip(letters, pair.key, strict=True)
    )
    lists = sql.SQL(", ").join(
        sql.SQL("{}::text[]").format(sql.Literal(list(part))) for part in zip(*keys, strict=True)
    )
    query = sql.SQL("COPY (SELECT {} FROM {} WHERE ({}) IN (SELECT {} FROM unnest({}) AS u ({}))) TO STDOUT").format(
        names(one.columns), pair.live.rows, names(pair.key), wanted, lists, names(letters)
    )
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier("pg_temp", one.temp), names(one.columns))
    with (
        old.conn.cursor() as reading,
        conn.cursor() as writing,
        reading.copy(query) as source,
        writing.copy(into) as sink,
    ):
        for block in source:
            sink.write(block)


def prune(conn: Connection, group: list[Filled], references: list[Reference], *, new: bool = True) -> None:
    """Take out what can not be written: unique values that are taken by others, and rows whose parent is nowhere; again until none is."""
    temps = {one.pair.restored.full: one for one in group}
    for one in group if new else ():
        for row in conn.execute(Q["unique_keys"], {"table": one.pair.restored.full}).fetchall():
            if set(row["columns"]) <= set(one.columns):
                columns = tuple(row["columns"])
                one.taken += conn.execute(
                    sql.SQL("DELETE FROM {} t WHERE EXISTS (SELECT FROM {} d WHERE {})").format(
                        sql.Identifier("pg_temp", one.temp), one.pair.restored.rows, same("d", columns, "t", columns)
                    )
                ).rowcount
    while any([_orphans(conn, temps, reference) for reference in references if reference.child in temps]):  # noqa: C419 - all of them
        pass


def _orphans(conn: Connection, temps: dict[str, Filled], reference: Reference) -> int:
    one = temps[reference.child]
    if not set(reference.columns) <= set(one.columns):
        return 0
    places: list[sql.Composable] = [sql.SQL(reference.parent)]
    if (also := temps.get(reference.parent)) and set(reference.refers) <= set(also.columns):
        places.append(sql.Identifier("pg_temp", also.temp))
    gone = [
        sql.SQL("NOT EXISTS (SELECT FROM {} p WHERE {})").format(
            place, same("p", reference.refers, "t", reference.columns)
        )
        for place in places
    ]
    full = [sql.SQL("t.{} IS NOT NULL").format(sql.Identifier(name)) for name in reference.columns]
    number = conn.execute(
        sql.SQL("DELETE FROM {} t WHERE {}").format(
            sql.Identifier("pg_temp", one.temp), sql.SQL(" AND ").join([*full, *gone])
        )
    ).rowcount
    one.orphans += number
    return number


def insert(conn: Connection, group: list[Filled]) -> None:
    """Insert a group in one statement, at whose end all its foreign keys are checked."""
    parts = [
        sql.SQL("{} AS (INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} ON CONFLICT DO NOTHING RETURNING 1)").format(
            sql.Identifier(one.temp), sql.Identifier(one.pair.restored.schema, one.pair.restored.name), names(one.columns),
            names(one.columns), sql.Identifier("pg_temp", one.temp),
        )
        for one in group
    ]  # fmt: skip
    counts = [
        sql.SQL("(SELECT count(*) FROM {}) AS {}").format(sql.Identifier(one.temp), sql.Identifier(one.temp))
        for one in group
    ]
    row = conn.execute(
        sql.SQL("WITH {} SELECT {}").format(sql.SQL(", ").join(parts), sql.SQL(", ").join(counts))
    ).fetchone()
    assert row is not None
    for one in group:
        one.inserted = row[one.temp]


def raise_sequences(conn: Connection, one: Filled) -> list[str]:
    """Have the table's sequences go on behind the largest number that was inserted; those that were raised."""
    raised = []
    for row in conn.execute(Q["sequences_of_table"], {"table": one.pair.restored.full}).fetchall():
        if row["column"] not in one.columns:
            continue
        done = conn.execute(
            sql.SQL("SELECT setval({}::regclass, m.top) FROM (SELECT max({})::bigint AS top FROM {}) m, {} s"
                    " WHERE m.top > s.last_value OR m.top = s.last_value AND NOT s.is_called").format(
                sql.Literal(row["sequence"]), sql.Identifier(row["column"]), sql.Identifier("pg_temp", one.temp),
                sql.SQL(row["sequence"]),
            )
        ).fetchone()  # fmt: skip
        raised += [row["sequence"]] if done else []
    return raised


@contextmanager
def quiet(conn: Connection, filled: list[Filled]) -> Iterator[None]:
    """Have the tables' own triggers not run as long as the block lasts; each is then on as it was. Foreign keys stay checked."""
    known = {
        one.pair.restored.full: conn.execute(Q["triggers_of_table"], {"table": one.pair.restored.full}).fetchall()
        for one in filled
    }
    change = sql.SQL("ALTER TABLE {} {} TRIGGER {}")
    for table, triggers in known.items():
        for row in triggers:
            conn.execute(change.format(sql.SQL(table), sql.SQL("DISABLE"), sql.Identifier(row["name"])))
    yield
    conn.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is deferred would stand in the way of switching them on
    for table, triggers in known.items():
        for row in triggers:
            conn.execute(change.format(sql.SQL(table), sql.SQL(_MODES[row["mode"]]), sql.Identifier(row["name"])))
