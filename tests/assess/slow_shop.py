"""Built looks at a database with slow statements, for the causes that explain them; no server is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from fireline.assess.checks.files import Files
from fireline.assess.checks.foreign_keys import ForeignKey, ForeignKeys, Size
from fireline.assess.checks.indexes import Index, Indexes
from fireline.assess.checks.settings import Override, Setting, Settings
from fireline.assess.checks.statements import Statement, Statements
from fireline.assess.checks.tables import Column, Spread, Table, Tables
from fireline.assess.snapshot import LockReading, Server, Session, Snapshot
from tests.assess.judging import complaining

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
ORDERS, CUSTOMERS = 20_001, 20_002
COLUMNS = (
    ("id", "bigint"),
    ("email", "text"),
    ("customer_id", "integer"),
    ("state", "text"),
    ("made", "timestamp with time zone"),
)


def table(**more: Any) -> Table:
    """public.orders: 1,000 pages, 50,000 rows, every column analysed and of many values but `state`."""
    known = {"state": 4.0, "customer_id": 5000.0}
    columns = tuple(
        Column(number, name, kind, spread=Spread(20, 0.0, known.get(name, -1.0), None))
        for number, (name, kind) in enumerate(COLUMNS, 1)
    )
    given: dict[str, Any] = {
        "oid": ORDERS, "schema": "public", "name": "orders", "pages": 1000, "bytes": 1000 * 8192, "tuples": 50_000.0,
        "live": 50_000, "inserted": 50_000, "columns": columns, "last_analyze": AT - timedelta(days=1),
    }  # fmt: skip
    return Table(**(given | more))


def customers(**more: Any) -> Table:
    """public.customers: small, the parent of orders."""
    columns = (Column(1, "id", "integer"), Column(2, "name", "text"))
    given: dict[str, Any] = {
        "oid": CUSTOMERS, "schema": "public", "name": "customers", "pages": 60, "bytes": 60 * 8192, "tuples": 5000.0, "live": 5000,
        "inserted": 5000, "columns": columns,
    }  # fmt: skip
    return Table(**(given | more))


def index(*keys: int, name: str = "orders_idx", **more: Any) -> Index:
    """An index of orders on columns by number."""
    given: dict[str, Any] = {
        "oid": 30_000 + crc32(name.encode()) % 10_000,
        "table": ORDERS,
        "schema": "public",
        "name": name,
        "table_name": "orders",
    }
    return Index(
        **(
            given
            | {"keys": keys, "classes": ("text_ops",) * len(keys), "collations": ("en_US.utf8",) * len(keys)}
            | more
        )
    )


PRIMARY = index(1, name="orders_pkey", unique=True, primary=True, constraint="orders_pkey")
EMAIL = index(2, name="orders_email_idx")


def statement(
    text: str, *, calls: int = 40, blocks: float = 1000, rows: float = 1, ms: float = 80, **more: Any
) -> Statement:
    """A statement of role web with figures of one call."""
    given: dict[str, Any] = {
        "queryid": crc32(text.encode()), "userid": 16_400, "dbid": 16_384, "user": "web", "database": "app", "toplevel": True, "text": text,
        "calls": calls, "total_ms": calls * ms, "mean_ms": ms, "rows": round(calls * rows), "shared_hit": round(calls * blocks),
    }  # fmt: skip
    return Statement(**(given | more))


def override(name: str, value: str, *, role: str | None = "web", database: str | None = None) -> Settings:
    """Settings of which one is overridden."""
    values = {"enable_indexscan": Setting("enable_indexscan", "on", None, "default", "on", "on", None, None, False)}
    return Settings(values, (Override(database, role, name, value),))


def running(text: str, seconds: float = 5, **more: Any) -> Session:
    """A session of role web that is busy with a statement."""
    start = AT - timedelta(seconds=seconds)
    given: dict[str, Any] = {
        "pid": 4821, "backend_start": start, "kind": "client backend", "user": "web", "database": "app", "application": "api", "client": None,
        "state": "active", "wait_type": None, "wait": None, "xact_start": start, "query_start": start, "state_change": start, "xid": None, "query": text,
    }  # fmt: skip
    return Session(**(given | more))


def key(**more: Any) -> ForeignKey:
    """orders (customer_id) refers to customers, without an index."""
    given: dict[str, Any] = {
        "oid": 40_001, "name": "orders_customer_id_fkey", "child": "public.orders", "parent": "public.customers", "columns": ("customer_id",),
        "parent_columns": ("id",), "child_oid": ORDERS, "parent_oid": CUSTOMERS, "child_size": Size(50_000.0, 1000), "parent_index": "customers_pkey",
    }  # fmt: skip
    return ForeignKey(**(given | more))


def look(
    *statements: Statement,
    tables: Sequence[Table] | None = None,
    indexes: Sequence[Index] = (PRIMARY,),
    settings: Settings | None = None,
    sessions: Sequence[Session] = (),
    keys: Sequence[ForeignKey] = (),
    said: str = "",
) -> Snapshot:
    """One look at database app in two samples; the statements did nothing between them."""
    chosen = tuple(tables) if tables is not None else (table(), customers())
    locks = LockReading(AT, {one.pid: one for one in sessions})
    total = sum(one.total_ms for one in statements) * 1.2
    seen = Statements(AT, statements, total, sum(one.calls for one in statements))
    readings: dict[str, tuple[Any, ...]] = {
        "locks": (locks, replace(locks, at=AT + timedelta(seconds=0.25))),
        "statements": (seen, seen),
        "tables": (Tables(chosen),),
        "indexes": (Indexes(tuple(indexes)),),
        "settings": (settings or Settings(),),
        "files": (Files(),),
        "foreign_keys": (ForeignKeys(tuple(keys), (), len(keys)),),
    }
    snapshot = Snapshot("main", AT, Server("18.1", 180_001, "app", "fireline", False), readings)
    return complaining(snapshot, said) if said else snapshot


SLOW = "the page takes 8 seconds to load"
BY_EMAIL = "SELECT * FROM orders WHERE email = $1"
