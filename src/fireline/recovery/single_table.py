"""The statements that exchange the rows of one table for a restored copy's, where no database can be renamed; none is run here.

The table itself stays, with all that hangs on it: views, policies, rights, triggers, keys. Its rows are replaced in one transaction.
"""

from __future__ import annotations

from fireline.errors import NotFound
from fireline.postgres.connect import Connection
from fireline.store.connect import queries

Q = queries("fireline.recovery")

COPY_SCHEMA = "restored"  # where the restored copy is loaded, in the same database


def statements(conn: Connection, name: str) -> list[dict[str, str]]:
    """What to run, in order: each with what it does, why, and the statements. NotFound when there is no such table."""
    row = conn.execute(Q["single_table"], {"name": name}).fetchone()
    if row is None:
        raise NotFound(f"there is no table {name}", hint="Write it as schema.table, quoted where it needs quotes.")
    table, copy = f"{row['schema']}.{row['table']}", f"{COPY_SCHEMA}.{row['table']}"
    before, columns = f"{COPY_SCHEMA}.{row['before']}", ", ".join(row["columns"])
    pointing = conn.execute(Q["referencing"], {"oid": row["oid"]}).fetchall()
    return [
        _part(
            "load the copy beside",
            "nobody waits for it; the rows come from the restored project or database, here called RESTORED",
            f"CREATE SCHEMA IF NOT EXISTS {COPY_SCHEMA};",
            f"CREATE TABLE {copy} (LIKE {table} INCLUDING DEFAULTS INCLUDING GENERATED);",
            f"-- from a shell: psql RESTORED -c '\\copy (SELECT {columns} FROM {table}) TO STDOUT'"  # noqa: S608 - names as the server quotes them
            f" | psql LIVE -c '\\copy {copy} ({columns}) FROM STDIN'",
        ),
        _part(
            "exchange the rows in one transaction",
            f"{table} waits meanwhile, and keeps its views, policies, rights and triggers; what it held is kept in {before}",
            *_exchange(table, copy, before, columns, row["sequences"], pointing),
        ),
        *_checks(pointing),
        _part(
            "the way back",
            "the same with what was kept",
            *_exchange(table, before, f"{COPY_SCHEMA}.{row['undo']}", columns, row["sequences"], pointing),
        ),
    ]


def _exchange(
    table: str, copy: str, before: str, columns: str, sequences: list[dict[str, str]], pointing: list[dict[str, str]]
) -> list[str]:
    """Foreign keys of others are taken off first: with ON DELETE CASCADE emptying the table would empty theirs, too."""
    return [
        "BEGIN;",
        "SET LOCAL lock_timeout = '5s';",
        "SET LOCAL row_security = off;",
        f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;",
        f"CREATE TABLE {before} AS TABLE {table};",
        *(f"ALTER TABLE {one['child']} DROP CONSTRAINT {one['name']};" for one in pointing),
        f"ALTER TABLE {table} DISABLE TRIGGER USER;",
        f"DELETE FROM {table};",  # noqa: S608 - names as the server quotes them
        f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {copy};",  # noqa: S608 - names as the server quotes them
        f"ALTER TABLE {table} ENABLE TRIGGER USER;",
        *(
            f"SELECT setval('{_doubled(one['sequence'])}', greatest((SELECT max({one['column']}) FROM {table}),"  # noqa: S608 - names as the server quotes them
            f" (SELECT max({one['column']}) FROM {before}), 1));"
            for one in sequences
        ),
        *(f"ALTER TABLE {one['child']} ADD CONSTRAINT {one['name']} {_unchecked(one)};" for one in pointing),
        f"DO $$ BEGIN IF (SELECT count(*) FROM {table}) <> (SELECT count(*) FROM {copy}) THEN RAISE 'rows are missing'; END IF; END $$;",  # noqa: S608 - names as the server quotes them
        "COMMIT;",
    ]


def _checks(pointing: list[dict[str, str]]) -> list[dict[str, str]]:
    """The foreign keys that were checked before are checked again, outside: rows without a parent fail here and are seen."""
    due = [f"ALTER TABLE {one['child']} VALIDATE CONSTRAINT {one['name']};" for one in pointing if one["validated"]]
    why = "one that fails names a row that points to nothing now; `fireline integrity` counts them"
    return [_part("check the foreign keys of others again", why, *due)] if due else []


def _unchecked(key: dict[str, str]) -> str:
    definition = key["definition"]
    return definition if definition.endswith("NOT VALID") else f"{definition} NOT VALID"


def _doubled(value: str) -> str:
    return value.replace("'", "''")


def _part(what: str, why: str, *lines: str) -> dict[str, str]:
    return {"what": what, "why": why, "statement": "\n".join(lines)}
