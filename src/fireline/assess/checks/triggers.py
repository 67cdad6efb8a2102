"""The team's own triggers: on which table, for which command, what they call, and what that took where it is counted."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

_TRIGGERS = r"""
SELECT t.oid::int8 AS oid, t.tgrelid::int8 AS "table", n.nspname::text AS schema, c.relname::text AS table_name, t.tgname::text AS name,
    t.tgenabled::text AS enabled, t.tgtype::int AS type, p.oid::int8 AS function_oid, fn.nspname::text AS function_schema,
    p.proname::text AS function, l.lanname::text AS language, md5(p.prosrc) AS body,
    p.prosrc ~* '\m(select|perform|insert|update|delete|execute|merge|call)\M' AS queries,
    coalesce(pg_stat_get_function_calls(p.oid), 0) AS calls, coalesce(pg_stat_get_function_total_time(p.oid), 0)::float8 AS total_ms
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace fn ON fn.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE NOT t.tgisinternal AND p.oid >= 16384 ORDER BY total_ms DESC, t.oid LIMIT 1000
"""
_BITS = {"insert": 4, "delete": 8, "update": 16}


@dataclass(frozen=True)
class Trigger:
    """One trigger. enabled: O, A, R, or D when it is off. calls, total_ms: of its function, 0 when they are not counted."""

    oid: int
    table: int
    schema: str
    table_name: str
    name: str
    enabled: str = "O"
    type: int = 5  # bits, as the catalog has them: for each row, on insert
    function_oid: int = 0
    function_schema: str = "public"
    function: str = ""
    language: str = "plpgsql"
    body: str = ""  # a digest
    queries: bool = True  # its text has statements of its own
    calls: int = 0
    total_ms: float = 0.0

    def fires(self, command: str) -> bool:
        """Whether it does something at an insert, update or delete."""
        return self.enabled in ("O", "A") and bool(self.type & _BITS.get(command, 28))


@dataclass(frozen=True)
class Triggers:
    """Those whose functions took most time first."""

    triggers: tuple[Trigger, ...] = ()

    def on(self, table: int, command: str) -> tuple[Trigger, ...]:
        """Those that a command on a table sets off."""
        return tuple(one for one in self.triggers if one.table == table and one.fires(command))


def read(conn: Connection, sofar: Snapshot) -> Triggers:
    """The triggers."""
    del sofar
    return Triggers(tuple(Trigger(**row) for row in conn.execute(_TRIGGERS).fetchall()))


check = Check("triggers", read)
