"""The schemas of the database, and who owns how many tables and views in each."""

from __future__ import annotations

from dataclasses import dataclass, field

from fireline.assess.checks.settings import Settings
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

_SCHEMAS = """
SELECT n.nspname::text AS schema, coalesce(pg_get_userbyid(c.relowner)::text, '') AS owner, coalesce(c.relations, 0) AS relations
FROM pg_namespace n LEFT JOIN (
    SELECT relnamespace, relowner, count(*) AS relations FROM pg_class
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND oid >= 16384 GROUP BY 1, 2) c ON c.relnamespace = n.oid
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 3 DESC, 1, 2 LIMIT 2000
"""


@dataclass(frozen=True)
class Schemas:
    """Number of tables and views by schema and owner; an empty schema has none."""

    relations: dict[str, dict[str, int]] = field(default_factory=dict)

    def filled(self, schema: str) -> int:
        """How many tables and views a schema has; 0 also when there is no such schema."""
        return sum(self.relations.get(schema, {}).values())

    def owned(self, role: str) -> int:
        """How many a role owns."""
        return sum(owners.get(role, 0) for owners in self.relations.values())


def read(conn: Connection, sofar: Snapshot) -> Schemas:
    """Count."""
    del sofar
    found: dict[str, dict[str, int]] = {}
    for row in conn.execute(_SCHEMAS).fetchall():
        owners = found.setdefault(row["schema"], {})
        if row["relations"]:
            owners[row["owner"]] = row["relations"]
    return Schemas(found)


def wanted(sofar: Snapshot) -> bool:
    """Where somebody misses something, or a search_path is not the usual one."""
    settings = sofar.last("settings", Settings)
    given = settings is not None and (settings.overridden("search_path") or _of_the_server(settings))
    return sofar.complaint.about("undefined", "lost") or bool(given)


def _of_the_server(settings: Settings) -> bool:
    own = settings.values.get("search_path")
    return own is not None and own.source == "configuration file"


check = Check("schemas", read, wanted=wanted)
