"""The SQL functions that runbooks call, in a target: put in, brought up to date, taken out. All or nothing, each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql

from fireline import __version__
from fireline.assess.diagnose import causes
from fireline.assess.levels import LEVELS
from fireline.assess.symptoms import RAMPS
from fireline.errors import Refused
from fireline.postgres.connect import Connection, Target, connect
from fireline.redact import text

FILES = (
    "ramp", "known", "availability", "performance", "headroom", "integrity", "security",
    "findings", "health", "bottlenecks", "foreign_keys", "optimize",
)  # fmt: skip
CALLED = (
    "calculate_database_health_score",
    "detect_performance_bottlenecks",
    "check_foreign_key_integrity",
    "optimize_database",
)
CHANGES = ("optimize_database",)  # not for everybody who may only watch
WATCHERS = "pg_monitor"
MARK = "Fireline: "  # the comments of what is ours begin with it
_LIMIT = timedelta(seconds=30)

_STATE = """
SELECT pg_is_in_recovery() AS standby, current_database() AS database, current_user AS role,
    (SELECT n.oid FROM pg_namespace n WHERE n.nspname = %(schema)s) AS oid,
    coalesce((SELECT obj_description(n.oid, 'pg_namespace') FROM pg_namespace n WHERE n.nspname = %(schema)s), '') AS comment
"""
_OURS = """
SELECT p.oid, n.nspname AS schema, p.proname AS name, pg_get_function_identity_arguments(p.oid) AS identity,
    pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result, p.provolatile AS volatility, p.pronargs AS count
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = %(schema)s AND obj_description(p.oid, 'pg_proc') LIKE %(mark)s ORDER BY p.proname
"""
_NAMED = """
SELECT p.oid, p.proname AS name, pg_get_function_identity_arguments(p.oid) AS identity, obj_description(p.oid, 'pg_proc') LIKE %(mark)s AS ours
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = %(schema)s AND (p.proname = %(name)s OR %(name)s::text IS NULL)
"""
_OTHERS = """
SELECT DISTINCT coalesce(r.rolname, 'PUBLIC') AS role, a.grantee = 0 AS everybody
FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE p.oid = %(oid)s AND a.grantee <> p.proowner
"""
_LEFT = """
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS thing FROM pg_depend d
WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = %(oid)s AND d.deptype = 'n'
"""


@dataclass(frozen=True)
class Changed:
    """What was put in or taken out. left: what is not ours, or what others put there, with the reason."""

    target: str
    database: str
    schema: str
    functions: tuple[str, ...]
    public: tuple[str, ...]
    left: tuple[dict[str, str], ...]
    version: str

    def json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def install(target: Target, schema: str = "fireline", *, public: bool = False) -> Changed:
    """Put the functions into a schema of their own, or bring them up to date; thin ones into public where nothing is in the way.

    Raises Refused on a standby, where the schema is somebody else's, or where our role may not.
    """
    if schema in ("public", "pg_catalog", "information_schema") or schema.startswith("pg_"):
        raise Refused(f"{schema} is no schema for them", hint="Leave --schema out; --public makes them callable there.")
    with connect(target, write=True, statement_timeout=_LIMIT) as conn, _told(target):
        state = _state(conn, schema)
        if state["oid"] is None:
            conn.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        elif not state["comment"].startswith(MARK):
            raise Refused(f"the schema {schema} is there already, and not ours", hint="Name another with --schema.")
        _create(conn, schema)
        made = [row for row in _ours(conn, schema) if row["name"] in CALLED]
        wrapped, left = _wrap(conn, schema, made) if public else ([], [])
        conn.commit()
    names = tuple(row["name"] for row in made)
    return Changed(target.name, state["database"], schema, names, tuple(wrapped), tuple(left), __version__)


def uninstall(target: Target, schema: str = "fireline") -> Changed:
    """Take out the functions, those in public that are ours, and the schema when nothing of others is in it."""
    with connect(target, write=True, statement_timeout=_LIMIT) as conn, _told(target):
        state = _state(conn, schema)
        if state["oid"] is None or not state["comment"].startswith(MARK):
            raise Refused(f"nothing of ours is in a schema {schema} of database {state['database']}")
        wrapped = [row for row in _ours(conn, "public") if _calls(conn, row["oid"], schema)]
        own = _ours(conn, schema)
        _drop(conn, [*wrapped, *own[::-1]])
        others = conn.execute(_LEFT, {"oid": state["oid"]}).fetchall()
        left = [{"thing": row["thing"], "because": "it is not ours; the schema stays with it"} for row in others]
        if not left:
            conn.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(schema)))
        conn.commit()
    names = tuple(row["name"] for row in own if row["name"] in CALLED)
    public = tuple(row["name"] for row in wrapped)
    return Changed(target.name, state["database"], schema, names, public, tuple(left), __version__)


@contextmanager
def _told(target: Target) -> Iterator[None]:
    """Turns what the server refuses into our own words; a lost connection is told by `connect`."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate is None:
            raise
        said = text(str(error.diag.message_primary or error).splitlines()[0])
        hint = error.diag.message_detail or error.diag.message_hint or "Nothing was changed."
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            hint = f"Let a role do it that may create a schema in the database of {target.name} and functions in it."
        raise Refused(said, hint=text(hint.splitlines()[0])) from None


def _state(conn: Connection, schema: str) -> dict[str, Any]:
    row = conn.execute(_STATE, {"schema": schema}).fetchone()
    assert row is not None
    if row["standby"]:
        raise Refused("this server is a standby: nothing can be written to it", hint="Name the primary.")
    return row


def _ours(conn: Connection, schema: str) -> list[dict[str, Any]]:
    return conn.execute(_OURS, {"schema": schema, "mark": f"{MARK}%"}).fetchall()


def _create(conn: Connection, schema: str) -> None:
    """Create or replace all; where a function's columns are others than before, take ours out first."""
    try:
        with conn.transaction():
            _statements(conn, schema)
    except psycopg.errors.InvalidFunctionDefinition:
        _drop(conn, [row for row in _ours(conn, "public") if _calls(conn, row["oid"], schema)])
        _drop(conn, _ours(conn, schema)[::-1])
        _statements(conn, schema)


def _statements(conn: Connection, schema: str) -> None:
    name = sql.Identifier(schema)
    before = {
        row["oid"] for row in conn.execute(_NAMED, {"schema": schema, "name": None, "mark": f"{MARK}%"}).fetchall()
    }
    numbers = {key: sql.Literal(value) for key, value in LEVELS.items()}
    total = sql.Literal(len(causes()) + len(RAMPS))
    folder = files("fireline.assess") / "sql"
    for file in FILES:
        statement = (folder / f"{file}.sql").read_text(encoding="utf-8")
        conn.execute(sql.SQL(statement).format(schema=name, total=total, **numbers))
    mark = sql.Literal(
        f"{MARK}functions for runbooks, version {__version__}; `fireline postgres uninstall` removes them"
    )
    conn.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(name, mark))
    conn.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, sql.Identifier(WATCHERS)))
    for row in conn.execute(_NAMED, {"schema": schema, "name": None, "mark": f"{MARK}%"}).fetchall():
        _guard(conn, schema, row, new=row["oid"] not in before)


def _guard(conn: Connection, schema: str, row: dict[str, Any], *, new: bool) -> None:
    """Mark it as ours; a new one is for its owner and for watchers, whatever the default privileges say."""
    function = _function(schema, row)
    conn.execute(sql.SQL("COMMENT ON FUNCTION {} IS {}").format(function, sql.Literal(f"{MARK}{__version__}")))
    if not new:
        return
    for other in conn.execute(_OTHERS, {"oid": row["oid"]}).fetchall():
        role = sql.SQL("PUBLIC") if other["everybody"] else sql.Identifier(other["role"])
        conn.execute(sql.SQL("REVOKE ALL ON FUNCTION {} FROM {}").format(function, role))
    if row["name"] not in CHANGES:
        conn.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(function, sql.Identifier(WATCHERS)))


def _function(schema: str, row: dict[str, Any]) -> sql.Composed:
    """Its name with its arguments, as the server itself writes these."""
    return sql.SQL("{}({})").format(sql.Identifier(schema, row["name"]), sql.SQL(row["identity"]))


def _wrap(conn: Connection, schema: str, made: list[dict[str, Any]]) -> tuple[list[str], list[dict[str, str]]]:
    """Thin functions in public that call ours; where one of that name is somebody else's, it stays."""
    wrapped, left = [], []
    for row in made:
        there = conn.execute(_NAMED, {"schema": "public", "name": row["name"], "mark": f"{MARK}%"}).fetchall()
        if any(not one["ours"] for one in there):
            because = f"public has a function of this name; ours is {schema}.{row['name']}()"
            left.append({"thing": f"public.{row['name']}", "because": because})
            continue
        _drop(conn, [{**one, "schema": "public"} for one in there])
        _wrapper(conn, schema, row)
        wrapped.append(str(row["name"]))
    return wrapped, left


def _wrapper(conn: Connection, schema: str, row: dict[str, Any]) -> None:
    given = ", ".join(f"${number + 1}" for number in range(row["count"]))
    inner = sql.SQL("SELECT * FROM {}({})").format(sql.Identifier(schema, row["name"]), sql.SQL(given))
    statement = sql.SQL(
        "CREATE FUNCTION {name}({arguments}) RETURNS {result} LANGUAGE sql {volatility} SET search_path = pg_catalog, pg_temp SET jit = off AS {body}"
    ).format(
        name=sql.Identifier("public", row["name"]), arguments=sql.SQL(row["arguments"]), result=sql.SQL(row["result"]),
        volatility=sql.SQL("STABLE" if row["volatility"] == "s" else "VOLATILE"), body=sql.Literal(inner.as_string(conn)),
    )  # fmt: skip
    conn.execute(statement)
    made = conn.execute(_NAMED, {"schema": "public", "name": row["name"], "mark": f"{MARK}%"}).fetchone()
    assert made is not None
    _guard(conn, "public", made, new=True)


def _calls(conn: Connection, oid: int, schema: str) -> bool:
    """Whether a function in public is one that calls into this schema of ours."""
    row = conn.execute("SELECT prosrc AS body FROM pg_proc WHERE oid = %s", [oid]).fetchone()
    return bool(row) and sql.Identifier(schema).as_string(conn) in str(row["body"] if row else "")


def _drop(conn: Connection, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        conn.execute(sql.SQL("DROP FUNCTION {}").format(_function(row["schema"], row)))
