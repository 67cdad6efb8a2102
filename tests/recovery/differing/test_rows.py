"""The rows of a table in two databases: what is counted is the truth, whatever the keys and values are."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fireline.errors import FirelineError
from fireline.postgres.cancel import Cancel
from fireline.postgres.watch import Watch
from fireline.recovery.differing import rows
from fireline.recovery.differing.pairs import Pair
from fireline.recovery.differing.rows import Counted
from fireline.recovery.differing.sides import side_of
from tests.recovery.twins import Twins, twins
from tests.servers import PATIENTS


@pytest.fixture(params=PATIENTS)
def pair(request: pytest.FixtureRequest) -> Iterator[Twins]:
    with twins(request.getfixturevalue(request.param)) as made:
        yield made


def count(pair: Twins, table: str, **more: Any) -> Counted:
    with side_of(pair.target, pair.live) as live, side_of(pair.target, pair.side) as side:
        known = Pair.of(live.tables[table], side.tables[table])
        return rows.count(live, side, known, watch=more.pop("watch", Watch()), **more)


def numbers(found: Counted) -> tuple[int, int, int]:
    return found.missing, found.changed, found.returning


# The types on each side have other numbers, so that a hash made of these would differ.
SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'Glücklich'); CREATE TYPE pair AS (a int, b mood); CREATE DOMAIN short AS varchar(40);
CREATE TABLE t (a int, b text, v text, n numeric, m mood, ms mood[], p pair, j json, jb jsonb, x point, f float8, ts timestamptz, s short,
    r regclass, len int GENERATED ALWAYS AS (length(v)) STORED, PRIMARY KEY (a, b));
CREATE TABLE keyless (v text, m mood);
"""
VALUES = (None, "", "a", "A", "a ", "ü", "it's", '"', "\\", "NULL", "{}", "(,)", "🙂", "\t\n")
KEYS = [(number, text) for number in (-1, 0, 2**31 - 1) for text in VALUES if text is not None]
COLUMNS = ("v", "n", "m", "ms", "p", "j", "jb", "x", "f", "ts", "s", "r")
CONTENT = st.tuples(
    st.sampled_from(VALUES),
    st.sampled_from((None, "0", "1", "-0.1", "NaN", "1e100")),
    st.sampled_from((None, "sad", "ok", "Glücklich")),
    st.sampled_from((None, "{}", "{sad,NULL}", "{ok}")),
    st.sampled_from((None, "(1,sad)", "(,)", "(1,ok)")),
    st.sampled_from((None, "{}", '{"a": 1}', '{"a":1}')),
    st.sampled_from((None, "{}", '{"a": 1}', '{"a": "1"}')),
    st.sampled_from((None, "(0,0)", "(1,2)")),
    st.sampled_from((None, "0", "-0", "NaN", "Infinity", "0.1")),
    st.sampled_from((None, "2026-01-01T00:00:00Z", "infinity", "2026-01-01T00:00:00.000001Z")),
    st.sampled_from(VALUES),
    st.sampled_from((None, "pg_class", "t")),
)
STATES = st.dictionaries(st.sampled_from(KEYS), CONTENT, max_size=12)


def fill(conn: psycopg.Connection[Any], state: dict[Any, Any], keyless: list[Any]) -> None:
    places = ", ".join(["%s"] * (len(COLUMNS) + 2))
    statement = f"INSERT INTO t (a, b, {', '.join(COLUMNS)}) VALUES ({places})"
    with conn.transaction(), conn.cursor() as cursor:
        cursor.execute("TRUNCATE t, keyless")
        cursor.executemany(statement, [(*key, *content) for key, content in state.items()])
        cursor.executemany("INSERT INTO keyless VALUES (%s, %s)", keyless)


@pytest.fixture(scope="module", params=PATIENTS)
def loom(request: pytest.FixtureRequest, patient_servers: Any) -> Iterator[tuple[Twins, Any, Any]]:
    """A pair for many examples, and a connection to each; made one after another, with different type numbers."""
    from fireline.postgres.connect import Target
    from fireline.redact import Secret
    from tests import servers

    major = int(request.param.removeprefix("patient") or 18)
    with ExitStack() as stack:
        url = stack.enter_context(servers.database(patient_servers(major)))
        pair = stack.enter_context(twins(Target("main", Secret(url))))
        pair.part()
        pair.sql("CREATE TYPE further AS ENUM ('x', 'y', 'z')", database=pair.side)
        found = []
        for name in (pair.live, pair.side):
            pair.sql(SCHEMA, database=name)
            dsn = psycopg.conninfo.make_conninfo(url, dbname=name)
            found.append(stack.enter_context(psycopg.connect(dsn, autocommit=True)))
        yield pair, found[0], found[1]


KEYLESS = st.lists(st.tuples(st.sampled_from(VALUES[:5]), st.sampled_from((None, "ok"))), max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=STATES, after=STATES, shared=STATES, bags=st.tuples(KEYLESS, KEYLESS))
def test_the_difference_is_the_truth(
    loom: tuple[Twins, Any, Any], before: dict[Any, Any], after: dict[Any, Any], shared: dict[Any, Any], bags: Any
) -> None:
    pair, live, side = loom
    now, then = {**after, **shared}, {**before, **shared}
    fill(live, now, bags[0])
    fill(side, then, bags[1])
    found = count(pair, "public.t")
    changed = sum(1 for key in now.keys() & then.keys() if now[key] != then[key])
    assert numbers(found) == (len(now.keys() - then.keys()), changed, len(then.keys() - now.keys()))
    assert (found.rows_live, found.rows_restored) == (len(now), len(then))
    mine, theirs = list(bags[0]), list(bags[1])
    for row in bags[0]:
        if row in theirs:
            mine.remove(row)
            theirs.remove(row)
    assert numbers(count(pair, "public.keyless")) == (len(mine), 0, len(theirs))


@pytest.mark.parametrize(
    ("type_", "one", "other", "third"),
    [
        ("uuid", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000003"),
        ("float8", "NaN", "0.1", "Infinity"),
        ("bytea", "\\x00", "\\x", "\\xff27"),
        ("int4range", "[1,2)", "empty", "(,3)"),
        ("interval", "-1 day +02:03", "1 mon", "00:00:00.000001"),
        ("money", "1.00", "-1.00", "0"),
        ("inet", "10.0.0.1", "::1", "10.0.0.0/8"),
        ("int[]", "{1,NULL}", "{}", "{{1},{2}}"),
        ("jsonb", "{}", '{"a": [1]}', '"\\""'),
        ('text COLLATE "C"', "B", "a", "ä"),
        ("timestamp", "infinity", "2026-01-01", "0044-03-15 BC"),
        ("bool", "t", "f", None),
        ("pg_lsn", "0/1", "F/0", "0/2"),
    ],
)  # fmt: skip
def test_keys_of_any_type_tell_rows_apart(
    request: pytest.FixtureRequest, type_: str, one: str, other: str, third: str | None
) -> None:
    with twins(request.getfixturevalue(PATIENTS[0])) as pair:
        pair.sql(f"CREATE TABLE t (k {type_} PRIMARY KEY, v text)")
        pair.sql("INSERT INTO t VALUES (%s, 'a'), (%s, 'b')", values=[one, other])
        pair.part()
        pair.sql("UPDATE t SET v = 'c' WHERE k = %s", values=[one])
        pair.sql("DELETE FROM t WHERE k = %s", values=[other])
        if third is not None:
            pair.sql("INSERT INTO t VALUES (%s, 'd')", values=[third])
        assert numbers(count(pair, "public.t")) == (int(third is not None), 1, 1)


def test_a_unique_key_that_may_be_empty_is_none_and_one_that_may_not_is(pair: Twins) -> None:
    pair.sql("""
        CREATE TABLE nulls (k int UNIQUE, v text); INSERT INTO nulls VALUES (NULL, 'a'), (NULL, 'a'), (1, 'b');
        CREATE TABLE filled (k int UNIQUE NOT NULL, v text); INSERT INTO filled VALUES (1, 'a');
        CREATE TABLE part_only (k int NOT NULL, v text); CREATE UNIQUE INDEX ON part_only (k) WHERE k > 5;
        INSERT INTO part_only VALUES (1, 'a'), (1, 'a')""")
    pair.part()
    pair.sql("DELETE FROM nulls WHERE ctid = '(0,1)'; UPDATE filled SET v = 'b'; INSERT INTO part_only VALUES (1, 'a')")
    assert numbers(count(pair, "public.nulls")) == (0, 0, 1)
    assert numbers(count(pair, "public.filled")) == (0, 1, 0)
    assert numbers(count(pair, "public.part_only")) == (1, 0, 0)


def test_a_change_that_only_the_case_shows_is_seen_where_letters_count_as_equal(pair: Twins) -> None:
    pair.sql("""
        CREATE EXTENSION citext; CREATE TABLE t (id int PRIMARY KEY, v citext, n numeric); INSERT INTO t VALUES (1, 'a', 1.0), (2, 'a', 1)""")
    pair.part()
    pair.sql("UPDATE t SET v = 'A' WHERE id = 1; UPDATE t SET n = 1.00 WHERE id = 2")
    assert numbers(count(pair, "public.t")) == (0, 2, 0)


@pytest.mark.debian15
def test_nor_do_collations_hide_it(patient15: Any) -> None:
    with twins(patient15) as pair:
        pair.sql("""
            CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE TABLE t (k text COLLATE ci PRIMARY KEY, v text COLLATE ci); INSERT INTO t VALUES ('a', 'x'), ('b', 'x'), ('c', 'x')""")
        pair.part()
        pair.sql("UPDATE t SET v = 'X' WHERE k = 'a'; DELETE FROM t WHERE k = 'b'")
        assert numbers(count(pair, "public.t")) == (0, 1, 1)


def test_settings_of_a_database_change_nothing(pair: Twins) -> None:
    pair.sql("CREATE TABLE t (id int PRIMARY KEY, d date, ts timestamptz, i interval, f float8, b bytea, c regclass);"
             "INSERT INTO t VALUES (1, '2026-02-01', '2026-02-01 12:00', '1 day -2 hours', 0.1, 'x', 't')")  # fmt: skip
    pair.part()
    for setting in ("timezone = 'Asia/Tokyo'", "datestyle = 'German'", "intervalstyle = 'iso_8601'", "extra_float_digits = -3",
                    "bytea_output = 'escape'", "search_path = 'nowhere'"):  # fmt: skip
        pair.sql(f"ALTER DATABASE {pair.side} SET {setting}", database="postgres")
    assert count(pair, "public.t").equal


def test_columns_of_one_side_are_left_out_and_their_values_counted(pair: Twins) -> None:
    pair.sql(
        "CREATE TABLE t (id int PRIMARY KEY, v int, gone int); INSERT INTO t SELECT i, i, i FROM generate_series(1, 5) i"
    )
    pair.part()
    pair.sql("ALTER TABLE t DROP COLUMN gone; ALTER TABLE t ADD COLUMN fresh text; ALTER TABLE t ALTER v TYPE bigint;"
             "UPDATE t SET fresh = 'x' WHERE id < 3; UPDATE t SET v = 9 WHERE id = 5")  # fmt: skip
    found = count(pair, "public.t")
    assert numbers(found) == (0, 1, 0)
    assert found.filled == {"fresh": 2}


def test_partitions_are_compared_as_one_table_and_children_on_their_own(pair: Twins) -> None:
    pair.sql("""
        CREATE TABLE p (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
        INSERT INTO p VALUES (1, '2026-01-05'), (2, '2026-02-05');
        CREATE TABLE up (id int PRIMARY KEY); CREATE TABLE down (PRIMARY KEY (id)) INHERITS (up);
        INSERT INTO up VALUES (1); INSERT INTO down VALUES (1)""")
    pair.part()
    pair.sql("INSERT INTO p VALUES (3, '2026-01-06'); DELETE FROM p WHERE id = 2; INSERT INTO down VALUES (2)")
    assert numbers(count(pair, "public.p")) == (1, 0, 1)
    assert numbers(count(pair, "public.up")) == (0, 0, 0)
    assert numbers(count(pair, "public.down")) == (1, 0, 0)


def test_a_large_table_is_compared_in_constant_memory_and_no_more_of_it_is_read_than_asked_for(
    request: pytest.FixtureRequest,
) -> None:
    with twins(request.getfixturevalue(PATIENTS[0])) as pair:
        pair.sql(
            "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('x', 50) FROM generate_series(1, 200000) i"
        )
        pair.sql(
            "CREATE TABLE small (id int PRIMARY KEY, v text); INSERT INTO small SELECT i, repeat('x', 50) FROM generate_series(1, 20000) i"
        )
        pair.part()
        pair.sql("UPDATE t SET v = repeat('y', 50) WHERE id <= 100; UPDATE small SET v = repeat('y', 50)")
        assert numbers(count(pair, "public.t")) == (0, 100, 0)
        tracemalloc.start()
        try:
            assert numbers(count(pair, "public.small")) == (0, 20_000, 0)
            assert tracemalloc.get_traced_memory()[1] < 6_000_000
        finally:
            tracemalloc.stop()
        cut = count(pair, "public.small", most=5_000)
        assert not cut.complete
        assert 4_900 < cut.changed < 5_100
        assert 19_000 < cut.about(cut.changed) < 21_000
        cancel = Cancel()
        cancel.asked = True
        with pytest.raises(FirelineError, match="cancelled"):
            count(pair, "public.t", watch=Watch(cancel))


def test_keys_that_may_be_names_are_shown_by_their_first_letters(pair: Twins) -> None:
    pair.sql("CREATE TABLE t (mail text PRIMARY KEY); CREATE TABLE n (id int PRIMARY KEY)")
    pair.part()
    pair.sql("INSERT INTO t VALUES ('ada@example.org'); INSERT INTO n VALUES (123456)")
    assert count(pair, "public.t").samples == {"missing": ["ad…"]}
    assert count(pair, "public.n").samples == {"missing": ["123456"]}
