"""Backup and restore by a role that owns the database and is no superuser, by one whose own settings stand in the way, and with tablespaces."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from fireline.contain.remedies.backup import remedy as backup
from fireline.contain.remedies.prove_backup import remedy as prove
from fireline.postgres.connect import Target, database_of
from fireline.redact import Secret
from fireline.resolve.remedies.restore import remedy as restore
from fireline.store.connect import Store
from tests.recovery.place import Doer, owner, school, settings_in
from tests.servers import PATIENTS, private_folder

PASSWORD = "swordfish"
LIMITS = (
    "statement_timeout = '50ms'",
    "idle_in_transaction_session_timeout = '50ms'",
    "default_transaction_read_only = on",
    "search_path = nowhere",
    "DateStyle = 'SQL, DMY'",
)


def say(target: Target, *statements: str) -> None:
    with owner(target) as conn:
        for one in statements:
            conn.execute(one.encode())


@contextmanager
def role(target: Target, attributes: str) -> Iterator[tuple[str, Target]]:
    """A role of its own and the target as it connects."""
    name = f"r{secrets.token_hex(4)}"
    say(target, f"CREATE ROLE {name} LOGIN {attributes} PASSWORD '{PASSWORD}'")
    try:
        yield name, Target("main", Secret(make_conninfo(target.dsn.reveal(), user=name, password=PASSWORD)))
    finally:
        say(target, f"REASSIGN OWNED BY {name} TO CURRENT_USER", f"DROP OWNED BY {name}", f"DROP ROLE {name}")


@pytest.mark.parametrize("fixture", PATIENTS)
def test_the_owner_of_a_database_needs_only_createdb(
    fixture: str, request: pytest.FixtureRequest, store: Store, tmp_path: Path
) -> None:
    target: Target = request.getfixturevalue(fixture)
    with role(target, "CREATEDB") as (name, mine):
        say(target, f'ALTER DATABASE "{database_of(target)}" OWNER TO {name}', f"ALTER SCHEMA public OWNER TO {name}")
        school(mine)
        with owner(mine) as conn:
            conn.execute("SELECT lo_from_bytea(0, 'hello')")
            conn.execute("CREATE UNLOGGED TABLE nothing ()")
            conn.execute("INSERT INTO nothing DEFAULT VALUES")
        doer = Doer(mine, store, settings_in(tmp_path))
        doer.do(backup)
        plan, done = doer.do(restore)
        assert done.summary.startswith("PASS"), done.facts["differences"]
        assert doer.do(prove)[1].ok
        doer.undo(restore, plan)


@pytest.mark.parametrize("fixture", PATIENTS)
def test_what_a_role_is_set_to_neither_ends_nor_spoils_it(
    fixture: str, request: pytest.FixtureRequest, store: Store, tmp_path: Path
) -> None:
    target: Target = request.getfixturevalue(fixture)
    school(target)
    say(target, "INSERT INTO users SELECT i, repeat('x', 500) FROM generate_series(1000, 40000) i")
    with role(target, "SUPERUSER") as (name, mine):
        say(target, *(f"ALTER ROLE {name} SET {one}" for one in LIMITS))
        with owner(target) as conn:
            if conn.info.server_version >= 170000:
                conn.execute(f"ALTER ROLE {name} SET transaction_timeout = '100ms'".encode())
        doer = Doer(mine, store, settings_in(tmp_path))
        doer.do(backup)
        plan, done = doer.do(restore)
        assert done.summary.startswith("PASS"), done.facts["differences"]
        doer.undo(restore, plan)


def test_a_backup_with_tablespaces_is_proved_on_a_server_that_has_none(
    patient: Target, store: Store, tmp_path: Path
) -> None:
    school(patient)
    space = f"space_{secrets.token_hex(4)}"
    with private_folder() as folder:
        with owner(patient) as conn:
            data = conn.execute("SHOW data_directory").fetchone()
            assert data is not None
            account = Path(data[0]).stat()
            os.chown(folder, account.st_uid, account.st_gid)
        say(patient, f"CREATE TABLESPACE {space} LOCATION '{folder}'", f"ALTER TABLE users SET TABLESPACE {space}")
        try:
            doer = Doer(patient, store, settings_in(tmp_path))
            doer.do(backup)
            plan, done = doer.do(restore)
            assert done.summary.startswith("PASS"), done.facts["differences"]
            doer.undo(restore, plan)
            assert doer.do(prove)[1].ok
        finally:
            say(patient, "ALTER TABLE users SET TABLESPACE pg_default", f"DROP TABLESPACE {space}")
