"""The targets: they answer, they are not the store's server, and our role sees enough to name a cause."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.app.context import store_url, targets
from fireline.cli.examine.line import Line, fail, ok, warn
from fireline.errors import FirelineError, TargetUnavailable
from fireline.postgres.connect import Connection, Identity, Target, connect, identity, same_server
from fireline.redact import Secret
from fireline.settings import Settings

_ROLE = """
SELECT current_user AS role, current_setting('server_version') AS version,
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
    pg_has_role('pg_monitor', 'USAGE') AS monitor,
    pg_has_role('pg_signal_backend', 'USAGE') AS signals,
    to_regclass('pg_stat_statements') IS NOT NULL AS statements,
    COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted,
    inet_server_addr() IS NOT NULL AND NOT inet_server_addr() <<= ANY (ARRAY['127.0.0.0/8', '::1/128']::inet[]) AS remote
"""


def look(settings: Settings) -> Iterator[Line]:
    """Each target in turn."""
    store = _store(settings)
    for target in targets(settings).values():
        about = f"target {target.name}"
        try:
            with connect(target, acting=True) as conn:
                yield from _one(about, conn, store, allowed=settings.store.on_target)
        except TargetUnavailable as away:
            yield fail(about, away.message, away.hint or "")
            continue
        if target.read_dsn is not None:
            yield _reader(about, target)
        else:
            yield warn(
                about,
                "read steps use the role that can write",
                f"Give targets.{target.name}.read_dsn a role that can not.",
            )


def _store(settings: Settings) -> Identity | None:
    """The store's server, to be told apart from the targets; None when it does not answer."""
    try:
        with connect(Target("store", Secret(store_url(settings)))) as conn:
            return identity(conn)
    except FirelineError:
        return None


def _one(about: str, conn: Connection, store: Identity | None, *, allowed: bool) -> Iterator[Line]:
    found = conn.execute(_ROLE).fetchone()
    assert found is not None
    yield ok(about, f"PostgreSQL {found['version']} answers to {found['role']}")
    if store is not None and same_server(identity(conn), store):
        todo = "Put the store on another server: it must survive this one."
        yield (warn if allowed else fail)(about, "Fireline's own store is on this server", todo)
    if not (found["monitor"] or found["superuser"]):
        yield fail(
            about,
            f"{found['role']} does not see other sessions, so no cause can be named",
            f"GRANT pg_monitor TO {found['role']};",
        )
    if not (found["signals"] or found["superuser"]):
        yield warn(
            about, f"{found['role']} can not end sessions of others", f"GRANT pg_signal_backend TO {found['role']};"
        )
    if not found["statements"]:
        yield warn(
            about,
            "pg_stat_statements is not there: slow queries can not be named",
            "Add it to shared_preload_libraries, then CREATE EXTENSION pg_stat_statements;",
        )
    if found["remote"] and not found["encrypted"]:
        yield warn(about, "the connection is not encrypted", "Add sslmode=verify-full to its DSN.")


def _reader(about: str, target: Target) -> Line:
    with connect(target) as conn:
        row = conn.execute(
            "SELECT current_user AS role, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
            " OR pg_has_role('pg_write_all_data', 'USAGE') OR has_database_privilege(current_database(), 'CREATE') AS writes"
        ).fetchone()
    assert row is not None
    if row["writes"]:
        return warn(
            about, f"the reading role {row['role']} can write too", "Give it SELECT and pg_monitor, nothing more."
        )
    return ok(about, f"read steps run as {row['role']}, which can not write")
