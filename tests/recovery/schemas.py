"""Databases made up by Hypothesis: types, tables, rows, rules and rights of every kind, for tests that copy a database.

`databases()` draws one as SQL; `roles` makes the roles it names on a server, `built` the database itself:

    with roles(server), built(server, drawn) as url: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import count

import psycopg
from hypothesis import strategies as st
from psycopg import sql

from fireline.cluster import Cluster
from fireline.recovery.names import identifier

ROLES = ("made_app", "Made Reader", 'made "odd"')
_ODD = (
    "t",
    "Order",
    "select",
    "ta ble",
    'qu"ote',
    "dot.ted",
    "ünï",
    "x" * 55,
    "semi;--",
    "back\\slash",
    "per%cent",
    "do$$lar",
    "'",
    "user",
)
_ALPHABET = "abcXYZ 09_'\"\\%$;{}(),\n\t-éüß"
_numbers = count(1)


@dataclass(frozen=True)
class Drawn:
    """A database as it is made. statements: in their order, each on its own; tables: ordinary ones with a key."""

    encoding: str
    statements: list[str]
    tables: list[str] = field(default_factory=list)


@contextmanager
def roles(server: Cluster) -> Iterator[None]:
    """The roles that drawn databases name, as long as the block lasts."""
    with psycopg.connect(server.url(), autocommit=True) as conn:
        for name in ROLES:
            conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
        try:
            yield
        finally:
            for name in ROLES:
                conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@contextmanager
def empty(server: Cluster, encoding: str = "UTF8") -> Iterator[str]:
    """The URL of a new database without anything in it, in one encoding; dropped at the end."""
    name = f"made{next(_numbers)}"
    with psycopg.connect(server.url(), autocommit=True) as conn:
        modern = conn.info.server_version >= 150000
        conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LOCALE 'C'" + (_LIBC if modern else "")).format(
                sql.Identifier(name), encoding
            )
        )
        try:
            yield server.url(name)
        finally:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


_LIBC = " LOCALE_PROVIDER libc STRATEGY file_copy"


@contextmanager
def built(server: Cluster, drawn: Drawn) -> Iterator[str]:
    """The URL of a drawn database."""
    with empty(server, drawn.encoding) as url:
        with psycopg.connect(url, autocommit=True, client_encoding="UTF8") as conn:
            for statement in drawn.statements:
                conn.execute(statement.encode())
        yield url


def text(value: str) -> str:
    """A text as SQL."""
    return "'" + value.replace("'", "''") + "'"


def _words(most: int = 12) -> st.SearchStrategy[str]:
    return st.text(_ALPHABET, max_size=most)


def _array(elements: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def written(one: str | None) -> str:
        return "NULL" if one is None else '"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return st.lists(st.none() | elements, max_size=3).map(lambda some: "{" + ",".join(map(written, some)) + "}")


def _range(low: int, high: int) -> st.SearchStrategy[str]:
    pair = st.tuples(st.integers(low, high), st.integers(0, 50), st.sampled_from(["[)", "(]", "[]", "()"]))
    return st.just("empty") | st.just("[,)") | pair.map(lambda p: f"{p[2][0]}{p[0]},{p[0] + p[1]}{p[2][1]}")


_DATES = st.dates(date(1000, 1, 1), date(9000, 1, 1)).map(str) | st.sampled_from(
    ["infinity", "-infinity", "0044-03-15 BC"]
)
_MOMENTS = st.datetimes(datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2200-01-01")).map(
    str
) | st.sampled_from(["infinity", "2000-01-01 00:00:00.000001"])
_FLOATS = st.floats(width=32).map(str) | st.sampled_from(["-0", "NaN", "Infinity", "1e-30"])
_JSON = st.recursive(
    st.sampled_from(["1", "1.0", "1.00", "null", "true", '"a\\u0041 b"', '""', "-0.0", "12345678901234567890.5"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda some: "[" + ", ".join(some) + "]")
        | st.lists(inner, max_size=2).map(
            lambda some: "{" + ", ".join(f'"k{i}": {one}' for i, one in enumerate(some)) + "}"
        )
    ),
    max_leaves=5,
)
VALUES: dict[str, st.SearchStrategy[str]] = {
    "smallint": st.integers(-(2**15), 2**15 - 1).map(str),
    "integer": st.integers(-(2**31), 2**31 - 1).map(str),
    "bigint": st.integers(-(2**63), 2**63 - 1).map(str),
    "boolean": st.sampled_from(["t", "f"]),
    "text": _words(),
    'text COLLATE "C"': _words(),
    "varchar(20)": _words(),
    "char(5)": _words(5),
    "bpchar": _words(5),
    "name": _words(),
    '"char"': st.sampled_from(["a", "", "z"]),
    "bytea": st.binary(max_size=12).map(lambda raw: "\\x" + raw.hex()),
    "uuid": st.uuids().map(str),
    "date": _DATES,
    "timestamp": _MOMENTS,
    "timestamptz": _MOMENTS.map(lambda moment: moment if moment == "infinity" else moment + "+03"),
    "timestamp(0)": _MOMENTS,
    "time": st.times(time(0, 0)).map(str),
    "timetz": st.times().map(lambda one: f"{one}+02"),
    "interval": st.sampled_from(["1 mon", "30 days", "1 day", "24 hours", "-1 year 3 days", "00:00:00.5", "0"]),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str)
    | st.sampled_from(["1.0", "1.00", "NaN", "0", "0.000"]),
    "numeric(10,2)": st.integers(-99999, 99999).map(lambda cents: str(cents / 100)) | st.just("NaN"),
    "real": _FLOATS.filter(lambda one: "e-4" not in one),
    "double precision": _FLOATS,
    "json": _JSON.map(lambda one: f" {one}  "),
    "jsonb": _JSON,
    "inet": st.ip_addresses().map(str) | st.just("10.0.0.1/8"),
    "cidr": st.sampled_from(["10.0.0.0/8", "::/0"]),
    "macaddr": st.sampled_from(["08:00:2b:01:02:03"]),
    "integer[]": st.sampled_from(["{}", "{1,2}", "{NULL}", "{{1,2},{3,4}}", "[0:1]={1,2}"]),
    "text[]": _array(_words(4)),
    "int4range": _range(-100, 100),
    "numrange": _range(-100, 100),
    "bit(4)": st.sampled_from(["0000", "1010"]),
    "varbit": st.sampled_from(["", "1", "0101"]),
    "point": st.sampled_from(["(0,0)", "(-0,1e-30)", "(1.1,2.2)"]),
    "tsvector": st.sampled_from(["", "'a':1 'b':2A", "'it''s'"]),
    "money": st.integers(-999, 999).map(str),
    "oid": st.integers(0, 2**32 - 1).map(str),
    "regtype": st.sampled_from(["integer", "text[]"]),
}
_ORDERED = ("integer", "bigint", "text", "varchar(20)", "date", "numeric", "uuid", "timestamptz", "smallint", "boolean")


@dataclass
class _Making:
    """What was drawn so far; every name is new."""

    draw: Callable[..., object]
    major: int
    schemas: list[str] = field(default_factory=lambda: ["public"])
    statements: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    types: dict[str, st.SearchStrategy[str]] = field(default_factory=dict)
    used: int = 0

    def say(self, *statements: str) -> None:
        self.statements.extend(statements)

    def maybe(self) -> bool:
        return bool(self.draw(st.booleans()))

    def one_of(self, *things: str) -> str:
        return str(self.draw(st.sampled_from(things)))

    def name(self) -> str:
        """A name of its own, quoted."""
        self.used += 1
        return identifier(self.one_of(*_ODD) + str(self.used))

    def full(self) -> str:
        return f"{self.one_of(*self.schemas)}.{self.name()}"

    def text(self) -> str:
        return text(str(self.draw(_words())))

    def role(self) -> str:
        return identifier(self.one_of(*ROLES))


@st.composite
def databases(
    draw: Callable[..., object], *, major: int = 15, encodings: tuple[str, ...] = ("UTF8", "LATIN1")
) -> Drawn:
    """A database that PostgreSQL of this major version takes."""
    making = _Making(draw, major)
    _schemas_and_types(making)
    for _ in range(int(str(draw(st.integers(1, 3))))):
        _table(making)
    for part in (_functions, _sequences, _large_objects, _database_wide, _default_rights):
        if making.maybe():
            part(making)
    return Drawn(making.one_of(*encodings), making.statements, making.tables)


def _schemas_and_types(making: _Making) -> None:
    if making.maybe():
        schema = making.name()
        making.say(
            f"CREATE SCHEMA {schema} AUTHORIZATION {making.role()}",
            f"GRANT USAGE ON SCHEMA {schema} TO {making.role()}",
        )
        making.schemas.append(schema)
    if making.maybe():
        enum, labels = making.full(), ["sad", "o k", "it's", "Ü"]
        making.say(
            f"CREATE TYPE {enum} AS ENUM ({', '.join(map(text, labels))})",
            f"ALTER TYPE {enum} ADD VALUE 'first' BEFORE 'sad'",
        )
        making.types[enum] = st.sampled_from([*labels, "first"])
        making.types[f"{enum}[]"] = st.sampled_from(["{}", "{sad,first}"])
    if making.maybe():
        domain, base = (
            making.full(),
            making.one_of("integer", "text", "numeric(10,2)", "text[]", "bpchar", *making.types),
        )
        rule = f" CONSTRAINT {making.name()} CHECK (VALUE IS NOT NULL OR true)" if making.maybe() else ""
        making.say(f"CREATE DOMAIN {domain} AS {base}{rule}")
        making.types[domain] = (VALUES | making.types)[base]
    if making.maybe():
        composite = making.full()
        making.say(
            f"CREATE TYPE {composite} AS (a integer, {making.name()} text, c double precision)",
            f"ALTER TYPE {composite} DROP ATTRIBUTE c",
        )
        making.types[composite] = st.sampled_from(['(1,"a b")', "(,)", '(2,"it""s")'])
    if making.maybe():
        ranged = making.full()
        making.say(f"CREATE TYPE {ranged} AS RANGE (subtype = double precision)")
        making.types[ranged] = _range(0, 9)


def _table(making: _Making) -> None:
    table, key = making.full(), making.name()
    types = {
        making.name(): making.one_of(*VALUES, *making.types) for _ in range(int(str(making.draw(st.integers(0, 5)))))
    }
    form = making.one_of("plain", "plain", "partitioned", "unlogged", "inherited", "no columns")
    if form == "no columns":
        making.say(
            f"CREATE TABLE {table} ()", f"INSERT INTO {table} DEFAULT VALUES", f"INSERT INTO {table} DEFAULT VALUES"
        )
        return
    counted = making.one_of(
        "", " GENERATED ALWAYS AS IDENTITY", " GENERATED BY DEFAULT AS IDENTITY (INCREMENT 5)", " DEFAULT 7"
    )
    if form == "partitioned" and making.major < 17:
        counted = ""
    columns = [f"{key} bigint NOT NULL{counted}", *(_column(making, name, type_) for name, type_ in types.items())]
    if making.maybe():
        kind = making.one_of("STORED", "VIRTUAL") if making.major >= 18 else "STORED"
        columns.append(f"{making.name()} numeric GENERATED ALWAYS AS ({key} * 1.50) {kind}")
    tail = f" PARTITION BY RANGE ({key})" if form == "partitioned" else ""
    kind = "UNLOGGED TABLE" if form == "unlogged" else "TABLE"
    making.say(f"CREATE {kind} {table} ({', '.join(columns)}, PRIMARY KEY ({key})){tail}")
    if form == "partitioned":
        making.say(f"CREATE TABLE {making.full()} PARTITION OF {table} FOR VALUES FROM (MINVALUE) TO (3)",
                   f"CREATE TABLE {making.full()} PARTITION OF {table} DEFAULT")  # fmt: skip
    elif form == "inherited":
        making.say(f"CREATE TABLE {making.full()} ({making.name()} text) INHERITS ({table})")
    _rows(making, table, key, types)
    _around(making, table, key, types, form)
    if form != "unlogged":  # what other tables may refer to
        making.tables.append(table)


def _column(making: _Making, name: str, type_: str) -> str:
    if not making.maybe():
        return f"{name} {type_}"
    value = text(str(making.draw((VALUES | making.types)[type_])))
    return f"{name} {type_} DEFAULT {value}" + (" NOT NULL" if making.maybe() else "")


def _rows(making: _Making, table: str, key: str, types: dict[str, str]) -> None:
    for number in range(int(str(making.draw(st.integers(0, 6))))):
        values = {key: str(number)}
        for name, type_ in types.items():
            if making.maybe():
                values[name] = text(str(making.draw((VALUES | making.types)[type_])))
        making.say(
            f"INSERT INTO {table} ({', '.join(values)}) OVERRIDING SYSTEM VALUE VALUES ({', '.join(values.values())})"
        )


def _around(making: _Making, table: str, key: str, types: dict[str, str], form: str) -> None:
    """What stands about a table."""
    ordered = [name for name, type_ in types.items() if type_ in _ORDERED]
    texts = [name for name, type_ in types.items() if type_ in ("text", "varchar(20)")]
    if ordered and making.maybe():
        making.say(f"CREATE INDEX ON {table} ({making.one_of(*ordered)} DESC NULLS LAST, ({key} + 1)) WHERE {key} > 0")
    for name in texts:
        if making.maybe():
            making.say(
                f"ALTER TABLE {table} ADD CONSTRAINT {making.name()} CHECK ({name} IN ('a', 'it''s') OR {key} >= 0)"
            )
    if making.tables and form != "unlogged" and making.maybe():
        column, other = making.name(), making.one_of(*making.tables)
        making.say(f"ALTER TABLE {table} ADD COLUMN {column} bigint", f"ALTER TABLE {table} ADD FOREIGN KEY ({column}) REFERENCES {other}"
                   " ON DELETE CASCADE DEFERRABLE")  # fmt: skip
    if making.maybe():
        gone = making.name()
        making.say(f"ALTER TABLE {table} ADD COLUMN {gone} text DEFAULT 'x'", f"ALTER TABLE {table} DROP COLUMN {gone}")
    if making.maybe():
        making.say(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", f"CREATE POLICY {making.name()} ON {table} FOR SELECT TO {making.role()},"
                   f" {making.role()} USING ({key} > 3 AND (current_user = 'x' OR {key} IN (1, 2)))")  # fmt: skip
    _marks(making, table, key, form)
    if making.maybe():
        _trigger(making, table)
    if making.maybe():
        _views(making, table, key, texts)
    if ordered and making.maybe():
        making.say(f"CREATE STATISTICS {making.full()} ON {key}, {ordered[0]} FROM {table}")


def _marks(making: _Making, table: str, key: str, form: str) -> None:
    """Rights, owner, comments and the like."""
    if making.maybe():
        making.say(f"GRANT SELECT, INSERT ON {table} TO {making.role()}", f"GRANT UPDATE ({key}) ON {table} TO PUBLIC")
    if making.maybe():
        making.say(f"ALTER TABLE {table} OWNER TO {making.role()}")
    if making.maybe():
        making.say(f"COMMENT ON TABLE {table} IS {making.text()}", f"COMMENT ON COLUMN {table}.{key} IS 'key'")
    if making.maybe():
        making.say(f"ALTER TABLE {table} ALTER COLUMN {key} SET STATISTICS 300")
    if making.maybe() and form == "plain":
        making.say(f"ALTER TABLE {table} SET (fillfactor = 70)", f"ALTER TABLE {table} REPLICA IDENTITY FULL")


def _trigger(making: _Making, table: str) -> None:
    function, trigger = making.full(), making.name()
    making.say(f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN -- it's\n RETURN NEW; END $body$",
               f"CREATE TRIGGER {trigger} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}('a', 'b''c')")  # fmt: skip
    if making.maybe():
        making.say(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")


def _views(making: _Making, table: str, key: str, texts: list[str]) -> None:
    view = making.full()
    shown = ", ".join([key, *texts])
    where = f"{texts[0]} IN ('a', 'b') OR " if texts else ""
    making.say(f"CREATE VIEW {view} WITH (security_barrier) AS SELECT {shown} FROM {table} WHERE {where}{key} > 1",
               f"GRANT SELECT ON {view} TO {making.role()}")  # fmt: skip
    if making.maybe():
        kept = making.full()
        making.say(f"CREATE MATERIALIZED VIEW {kept} AS SELECT v.{key}, count(*) AS n FROM {view} v GROUP BY v.{key}"
                   + making.one_of("", " WITH NO DATA"), f"CREATE UNIQUE INDEX ON {kept} ({key})")  # fmt: skip
    if making.maybe():
        making.say(f"CREATE RULE {making.name()} AS ON DELETE TO {view} DO INSTEAD NOTHING")


def _functions(making: _Making) -> None:
    plain, added, procedure = making.full(), making.full(), making.full()
    making.say(f"CREATE FUNCTION {plain}(a integer, b text DEFAULT 'it''s') RETURNS TABLE (x integer, y text) LANGUAGE sql STABLE SECURITY"
               " DEFINER SET search_path = public, pg_temp AS $$ SELECT 1, 'a' $$",
               f"REVOKE EXECUTE ON FUNCTION {plain} FROM PUBLIC", f"GRANT EXECUTE ON FUNCTION {plain} TO {making.role()}",
               f"CREATE AGGREGATE {added}(integer) (sfunc = int4pl, stype = integer, initcond = '0')",
               f"CREATE PROCEDURE {procedure}(INOUT a integer) LANGUAGE plpgsql AS $$ BEGIN a := 1; END $$",
               f"COMMENT ON FUNCTION {plain} IS {making.text()}")  # fmt: skip
    if making.major >= 14 and making.maybe():
        making.say(f"CREATE FUNCTION {making.full()}(a integer) RETURNS integer LANGUAGE sql RETURN a + 1")


def _sequences(making: _Making) -> None:
    up, down = making.full(), making.full()
    making.say(f"CREATE SEQUENCE {up} AS integer START 5 INCREMENT 3 MAXVALUE 500 CYCLE CACHE 4",
               f"CREATE SEQUENCE {down} INCREMENT -2 START -1", f"GRANT USAGE ON SEQUENCE {up} TO {making.role()}")  # fmt: skip
    if making.maybe():
        making.say(f"SELECT nextval({text(up)})", f"SELECT nextval({text(down)}), nextval({text(down)})")
    if making.maybe():
        making.say(f"SELECT setval({text(up)}, 50, false)")


def _large_objects(making: _Making) -> None:
    for number in range(int(str(making.draw(st.integers(1, 3))))):
        content = str(making.draw(st.binary(max_size=20).map(bytes.hex))) * (1 + 400 * number)
        making.say(f"SELECT lo_from_bytea({5_000_000 + number}, '\\x{content}')")
    making.say(
        f"GRANT SELECT ON LARGE OBJECT 5000000 TO {making.role()}", "COMMENT ON LARGE OBJECT 5000000 IS 'a file'"
    )
    if making.maybe():  # with a hole
        making.say("SELECT lo_put(lo_create(5000009), 9000, '\\x0102')")


def _database_wide(making: _Making) -> None:
    making.say("CREATE EXTENSION hstore", f"GRANT EXECUTE ON FUNCTION hstore_to_json(hstore) TO {making.role()}",
               "CREATE TABLE of_extension (h hstore)", "INSERT INTO of_extension VALUES ('b=>1, a=>NULL'), ('')",
               f"CREATE PUBLICATION {making.name()} FOR TABLE of_extension WITH (publish = 'insert')",
               f"CREATE COLLATION {making.full()} (LOCALE = 'C')",
               "CREATE CAST (json AS tsvector) WITH INOUT", "CREATE OPERATOR public.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq)",
               f"CREATE TEXT SEARCH CONFIGURATION {making.full()} (COPY = english)")  # fmt: skip


def _default_rights(making: _Making) -> None:
    making.say(f"ALTER DEFAULT PRIVILEGES FOR ROLE {making.role()} GRANT SELECT ON TABLES TO {making.role()}",
               f"ALTER DEFAULT PRIVILEGES IN SCHEMA {making.one_of(*making.schemas)} GRANT EXECUTE ON FUNCTIONS TO {making.role()}")  # fmt: skip
