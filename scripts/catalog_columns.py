"""Write src/fireline/runbook/lint/catalog/versions.tsv: the columns of PostgreSQL's own views by version, and what came and went, from real servers.

Usage: python scripts/catalog_columns.py DSN DSN …   (one server of each major version, the oldest to the newest, without a gap)
"""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg

OUT = Path(__file__).parents[1] / "src/fireline/runbook/lint/catalog/versions.tsv"

COLUMNS = """
    SELECT 'column', c.relname || '.' || a.attname, format_type(a.atttypid, NULL)
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v')
       AND (n.nspname = 'pg_catalog' OR c.relname IN ('pg_stat_statements', 'pg_stat_statements_info', 'pg_buffercache'))
"""
FUNCTIONS = """
    SELECT DISTINCT 'function', proname::text, '' FROM pg_proc p
     WHERE pronamespace = 'pg_catalog'::regnamespace AND proname LIKE 'pg\\_%%'
"""
SETTINGS = "SELECT 'setting', name, vartype FROM pg_settings"


def facts(dsn: str) -> tuple[int, set[tuple[str, str, str]]]:
    """The version of a server, and what it has."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        major = conn.info.server_version // 10000
        for extension in ("pg_stat_statements", "pg_buffercache"):
            conn.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        found: set[tuple[str, str, str]] = set()
        for query in (COLUMNS, FUNCTIONS.replace("%%", "%"), SETTINGS):
            found |= {(str(kind), str(name), str(what)) for kind, name, what in conn.execute(query)}
    return major, found


def main(dsns: list[str]) -> None:
    """One line for each fact: what, name, type, the first version that has it, the last."""
    servers = dict(sorted(facts(dsn) for dsn in dsns))
    first, last = min(servers), max(servers)
    everything = sorted(set().union(*servers.values()))
    lines = [f"# PostgreSQL {first} to {last}; a fact without a first or last version was there before, or still is"]
    for kind, name, what in everything:
        has = [major for major, found in servers.items() if (kind, name, what) in found]
        if kind != "column" and has == list(servers):
            continue
        since = "" if has[0] == first else str(has[0])
        until = "" if has[-1] == last else str(has[-1])
        lines.append("\t".join((kind, name, what, since, until)))
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
