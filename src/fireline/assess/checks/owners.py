"""Which roles own tables in the database, and how many."""

from __future__ import annotations

from dataclasses import dataclass, field

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

_OWNERS = """
SELECT r.rolname AS role, c.tables FROM (
    SELECT relowner, count(*) AS tables FROM pg_class
    WHERE relkind IN ('r', 'p') AND relpersistence <> 't' AND relnamespace NOT IN (
        SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')
    GROUP BY relowner) c JOIN pg_roles r ON r.oid = c.relowner ORDER BY c.tables DESC LIMIT 500
"""


@dataclass(frozen=True)
class Owners:
    """Number of tables by the name of their owner."""

    tables: dict[str, int] = field(default_factory=dict)


def read(conn: Connection, sofar: Snapshot) -> Owners:
    """The owners."""
    del sofar
    return Owners({row["role"]: row["tables"] for row in conn.execute(_OWNERS).fetchall()})


check = Check("owners", read)
