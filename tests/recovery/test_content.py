"""The hash of a table's rows is one number in every version, and another for every value that is not the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from fireline.recovery.census import Q, one_table
from fireline.recovery.content import row_hash
from tests import servers
from tests.recovery.schemas import text

# Of each type values of which no two are the same, though PostgreSQL may hold them to be equal.
VALUES = {
    "smallint": ["0", "1", "-1"],
    "integer": ["0", "1", "-1", "2147483647"],
    "bigint": ["0", "5", "-5", "4294967301", "4294967300", "-9223372036854775808"],
    "boolean": ["t", "f"],
    "text": ["", "a", "A", "a ", " a", "é"],
    "text COLLATE alike": ["a", "A"],
    "varchar(9)": ["", "a", "a "],
    "bpchar": ["", "a", "a "],
    "char(3)": ["", "a", "b"],
    "name": ["a", "b"],
    '"char"': ["a", ""],
    "bytea": ["", "\\x00", "\\x0000"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001"],
    "date": ["infinity", "-infinity", "2000-01-01", "1999-12-31", "0001-01-01 BC"],
    "timestamp": ["infinity", "-infinity", "2000-01-01", "2000-01-01 00:00:00.000001"],
    "timestamptz": ["infinity", "2000-01-01 00:00Z", "2000-01-01 00:00+01"],
    "time": ["00:00", "24:00", "00:00:00.000001"],
    "timetz": ["00:00Z", "01:00+01"],
    "interval": ["1 mon", "30 days", "720 hours", "0"],
    "numeric": ["0", "0.0", "1", "1.0", "NaN", "10", "-1"],
    "numeric(9,2)": ["0", "NaN", "1"],
    "real": ["0", "-0", "NaN", "Infinity", "0.1"],
    "double precision": ["0", "-0", "NaN", "Infinity", "0.1", "0.30000000000000004", "0.3"],
    "json": ["1", "1.0", " 1", "null"],
    "jsonb": ["1", "1.0", "0", "null", "[]", "{}", '[""]', "[null]", '{"a": 1}'],
    "inet": ["10.0.0.1", "10.0.0.1/8", "::1"],
    "cidr": ["10.0.0.0/8", "10.0.0.0/16"],
    "macaddr": ["08:00:2b:01:02:03", "08:00:2b:01:02:04"],
    "macaddr8": ["08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03:04:06"],
    "integer[]": ["{}", "{NULL}", "{0}", "{1,2}", "{2,1}", "{{1,2}}", "[0:1]={1,2}"],
    "text[]": ['{""}', "{NULL}", '{"NULL"}', "{a,b}", '{"a,b"}'],
    "int4range": ["empty", "[1,2)", "(,)"],
    "numrange": ["[1,2]", "[1.0,2]", "[1,2)"],
    "bit(2)": ["00", "01"],
    "varbit": ["", "0", "00"],
    "money": ["0", "1"],
    "oid": ["0", "1"],
    "point": ["(0,0)", "(-0,0)"],
    "tsvector": ["a", "a:1", "a:1A"],
    "regtype": ["integer", "text"],
    "regclass": ["mood_table", "pg_class"],
    "mood": ["sad", "ok"],
    "mood[]": ["{sad}", "{ok}"],
    "positive": ["1", "2"],
    "trimmed": ["a", "a "],
    "moody": ["sad", "ok"],
    "pair": ["(1,a)", "(1,)", "(,a)", '(1,"")', "(,)"],
    "pairs": ['{"(1,a)"}', "{}"],
}
GROUND = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE mood_table ();
CREATE DOMAIN positive AS bigint CHECK (VALUE > 0);
CREATE DOMAIN trimmed AS bpchar;
CREATE DOMAIN moody AS mood;
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN pairs AS pair[];
"""
# What the hashes are, once and for all: another number would call every backup that was ever made damaged.
KNOWN = {
    "smallint": "ffffffffffffffff99a4fe8d750a0d3e",
    "integer": "000000000000000002c077965d0fb489",
    "bigint": "0000000000000000267984a08e15a3e8",
    "boolean": "ffffffffffffffff9b62c327fd7c9210",
    "text": "fffffffffffffffd4b9dbf26a9c9d0e2",
    "text COLLATE alike": "fffffffffffffffec34a90ff69d0a870",
    "varchar(9)": "fffffffffffffffe8c8256c08b0f4599",
    "bpchar": "fffffffffffffffe8c8256c08b0f4599",
    "char(3)": "ffffffffffffffffcdbf92f86cc6026b",
    "name": "ffffffffffffffff5a8e8f2162593c24",
    '"char"': "ffffffffffffffff3a51690bda17ba83",
    "bytea": "fffffffffffffffeb357eced5bced25b",
    "uuid": "fffffffffffffffec5892fc756ebb7b0",
    "date": "000000000000000056e2f37714fe747b",
    "timestamp": "00000000000000002aec94963b0b50c2",
    "timestamptz": "ffffffffffffffffb13417bfb28bc93b",
    "time": "ffffffffffffffffd1537d76f881e98f",
    "timetz": "0000000000000000442476bab655d0ed",
    "interval": "ffffffffffffffffb0aa49d529c901a1",
    "numeric": "fffffffffffffffecc87b745fc7410e5",
    "numeric(9,2)": "00000000000000000ae605cc95d50058",
    "real": "fffffffffffffffed2f67d21069ab549",
    "double precision": "ffffffffffffffff439dc53ae77ec385",
    "json": "ffffffffffffffff2e04126657697628",
    "jsonb": "fffffffffffffffff4fe9499394ee454",
    "inet": "00000000000000004457178ca7d752c2",
    "cidr": "ffffffffffffffff6d9f2bd82b9f0930",
    "macaddr": "000000000000000015a7bd8dd1a3e1a7",
    "macaddr8": "ffffffffffffffff7797af90a546c296",
    "integer[]": "fffffffffffffffe8820bb579f0d1704",
    "text[]": "fffffffffffffffea58cab34fa68be96",
    "int4range": "ffffffffffffffff39147366788f263a",
    "numrange": "ffffffffffffffff1215e6e916f87a81",
    "bit(2)": "ffffffffffffffff3a37ff55eea96666",
    "varbit": "fffffffffffffffe7e41232c421c5756",
    "money": "fffffffffffffffebd3ca955a20475a1",
    "oid": "ffffffffffffffff9b62c327fd7c9210",
    "point": "fffffffffffffffed56aaa9e2234134a",
    "tsvector": "fffffffffffffffeb49c816371507e67",
    "regtype": "ffffffffffffffff0dbb52fabe7c2c3c",
    "regclass": "fffffffffffffffefe67acffc4929f28",
    "mood": "ffffffffffffffff7f9b1837746d74ef",
    "mood[]": "ffffffffffffffff7b85c85c2f8e18d3",
    "positive": "0000000000000000215c7aac919a9c77",
    "trimmed": "fffffffffffffffef5e1cb5e629e7754",
    "moody": "ffffffffffffffff7f9b1837746d74ef",
    "pair": "fffffffffffffffec801305cc8e36e5d",
    "pairs": "ffffffffffffffffaf6e2793d09104e8",
}


@pytest.fixture(scope="module", params=sorted(servers.versions()))
def conn(
    request: pytest.FixtureRequest, patient_servers: Callable[[int], servers.Patient]
) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A database with our types, on each version that is here."""
    with (
        servers.database(patient_servers(request.param)) as url,
        psycopg.connect(url, autocommit=True, prepare_threshold=None, row_factory=dict_row) as opened,
    ):
        opened.execute(GROUND.encode())
        try:
            opened.execute("CREATE COLLATION alike (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
        except psycopg.errors.FeatureNotSupported:
            opened.execute("CREATE COLLATION alike (locale = 'C')")  # a build without ICU
        yield opened


Conn = psycopg.Connection[dict[str, Any]]


def hashes(conn: Conn, type_: str, values: list[str]) -> tuple[list[int], str]:
    """The hash of each row with one of the values, and at the end of one without; and that of the whole table."""
    conn.execute("DROP TABLE IF EXISTS one")
    conn.execute(f'CREATE TABLE one (v {type_}, "é""x" int)'.encode())
    conn.execute(f"INSERT INTO one (v) VALUES {', '.join(f'({text(value)})' for value in values)}, (NULL)".encode())
    with conn.transaction():
        conn.execute(Q["census_steady"])
        row = conn.execute(Q["census_tables"], {"only": oid(conn)}).fetchone()
        assert row is not None
        rows = conn.execute(f"SELECT {row_hash(row['columns'])} AS hash FROM public.one".encode()).fetchall()
    return [one["hash"] for one in rows], one_table(conn, "public.one").hash


def oid(conn: Conn) -> int:
    row = conn.execute("SELECT 'public.one'::regclass::oid::int8 AS oid").fetchone()
    assert row is not None
    return int(row["oid"])


def test_every_value_of_every_type_has_a_hash_of_its_own_and_the_same_in_every_version(conn: Conn) -> None:
    found = {}
    for type_, values in VALUES.items():
        each, found[type_] = hashes(conn, type_, values)
        assert len(set(each)) == len(values) + 1, type_
    assert found == KNOWN


def test_neither_settings_nor_the_order_of_rows_or_columns_matter(conn: Conn) -> None:
    conn.execute("CREATE TABLE a (x timestamptz, y interval, z float8, gone int, w bytea)")
    conn.execute("ALTER TABLE a DROP gone")
    conn.execute(
        "INSERT INTO a VALUES ('2000-01-01 12:00Z', '1 mon 2 days', 0.1, '\\x00ff'), (NULL, '1 day', 3, NULL), (NULL, NULL, -1, '')"
    )
    before = one_table(conn, "public.a")
    conn.execute("CREATE TABLE b AS SELECT w, z, y, x FROM a ORDER BY z")
    conn.execute(
        "SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = -5"
    )
    conn.execute("SET bytea_output = 'escape'; SET search_path = ''")
    try:
        assert one_table(conn, "public.b").hash == before.hash
        assert conn.execute("SHOW timezone").fetchone() == {"TimeZone": "Asia/Tokyo"}, "the session is left as it was"
    finally:
        conn.execute("RESET ALL")


def test_the_number_of_equal_rows_matters(conn: Conn) -> None:
    conn.execute("CREATE TABLE c AS SELECT 1 AS v UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 2")
    conn.execute("CREATE TABLE d AS SELECT 1 AS v UNION ALL SELECT 1 UNION ALL SELECT 1 UNION ALL SELECT 2")
    assert one_table(conn, "public.c").hash != one_table(conn, "public.d").hash


def test_values_exchanged_between_rows_or_columns_are_seen(conn: Conn) -> None:
    conn.execute("CREATE TABLE e (a int, b int)")
    totals = set()
    for rows in (
        "(1, 2), (3, 4)",
        "(1, 4), (3, 2)",
        "(2, 1), (3, 4)",
        "(2, 1), (4, 3)",
        "(NULL, 2), (3, 4)",
        "(2, NULL), (3, 4)",
    ):
        conn.execute("TRUNCATE e")
        conn.execute(f"INSERT INTO e VALUES {rows}".encode())
        totals.add(one_table(conn, "public.e").hash)
    assert len(totals) == 6
