"""What the catalogs alone say against a database's integrity: constraints not validated, triggers switched off, indexes not usable."""

from __future__ import annotations

from typing import Any

from fireline.postgres.connect import Connection

_UNVALIDATED = """
SELECT c.conname AS name, CASE WHEN r.oid IS NULL THEN c.contypid::regtype::text ELSE format('%I.%I', n.nspname, r.relname) END AS relation,
    CASE c.contype WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check' WHEN 'n' THEN 'not null' ELSE c.contype::text END AS kind,
    coalesce((to_jsonb(c) ->> 'conenforced')::bool, true) AS enforced
FROM pg_constraint c LEFT JOIN pg_class r ON r.oid = c.conrelid LEFT JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE NOT c.convalidated AND c.conparentid = 0 ORDER BY 2, 1 LIMIT 1000
"""
_INVALID = """
SELECT format('%I.%I', n.nspname, x.relname) AS name, format('%I.%I', tn.nspname, t.relname) AS "table", i.indisunique AS "unique",
    CASE WHEN NOT i.indisready THEN 'not ready: it does not take new rows' ELSE 'not valid: no question is answered by it' END AS state
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE NOT (i.indisvalid AND i.indisready AND i.indislive) AND i.indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)
ORDER BY 2, 1 LIMIT 1000
"""


def unvalidated(conn: Connection) -> list[dict[str, Any]]:
    """Constraints that were not checked over the rows there are: name, relation, kind, enforced."""
    return conn.execute(_UNVALIDATED).fetchall()


def invalid_indexes(conn: Connection) -> list[dict[str, Any]]:
    """Indexes that are not usable and not being built: name, table, unique, state."""
    return conn.execute(_INVALID).fetchall()
