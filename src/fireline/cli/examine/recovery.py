"""The way back: tools for each server, room, a role that may make databases, a backup young enough that can be read again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

from fireline import clock
from fireline.app.context import store_url, targets, verified_backup
from fireline.cli.examine.line import Line, ok, warn
from fireline.cli.times import span
from fireline.errors import FirelineError
from fireline.postgres import client_tools
from fireline.postgres.connect import Target, connect
from fireline.recovery import backups
from fireline.settings import Settings
from fireline.sizes import size
from fireline.store.connect import Store

_LOOK = """
SELECT current_setting('server_version_num')::int / 10000 AS major, pg_is_in_recovery() AS standby, me.rolname AS role,
    me.rolsuper OR me.rolcreatedb AS creates,
    (SELECT sum(pg_relation_size(c.oid)) FROM pg_class c WHERE c.relkind IN ('r', 't', 'm'))::int8 AS bytes
FROM pg_roles me WHERE me.rolname = current_user
"""
_SHRINKS = 2  # a compressed dump takes about half of its tables at most


def look(settings: Settings) -> Iterator[Line]:
    """Each target in turn; what needs the store is left out while it does not answer."""
    if settings.recovery.encrypt and settings.recovery.identity is None:
        yield warn("recovery", "backups are encrypted, and nothing here can read them again",
                   "Set recovery.identity_file, or keep the key where it is found at night.")  # fmt: skip
    taken = _taken(settings)
    for target in targets(settings).values():
        about = f"recovery {target.name}"
        try:
            yield from _patient(about, target, settings)
        except FirelineError as wrong:
            yield warn(about, wrong.message, wrong.hint or "")
        if taken is not None:
            yield _age(about, target.name, taken.get(target.name), settings.policy.backup_max_age)


def _patient(about: str, target: Target, settings: Settings) -> Iterator[Line]:
    with connect(target, acting=True, statement_timeout=timedelta(seconds=10)) as conn:
        row = conn.execute(_LOOK).fetchone()
        tls = bool(conn.pgconn.ssl_in_use)
    assert row is not None
    tools = client_tools.find(row["major"], configured=settings.recovery.binaries, tls=tls)
    yield ok(about, f"pg_dump {tools.major} from {tools.folder}")
    free = shutil.disk_usage(
        next(one for one in (backups.home(settings), *backups.home(settings).parents) if one.is_dir())
    ).free
    if free < (row["bytes"] or 0) / _SHRINKS:
        yield warn(about, f"a backup may not fit: {size(free)} free for tables of {size(row['bytes'])}",
                   "Make room, or set recovery.folder.")  # fmt: skip
    if not row["creates"] and not row["standby"]:
        yield warn(about, f"{row['role']} may make no database, so nothing can be restored beside",
                   f"As a superuser: ALTER ROLE {row['role']} CREATEDB;")  # fmt: skip
    if target.application_dsn is None:
        yield warn(about, "a fence can not try the application's own door",
                   f"Give targets.{target.name}.application_dsn, as the application connects.")  # fmt: skip


def _taken(settings: Settings) -> dict[str, datetime | None] | None:
    """The moment of each target's newest verified backup; None when the store does not answer, which has its own line."""
    try:
        store = Store(store_url(settings), application="fireline-doctor", pool_size=1)
    except FirelineError:
        return None
    try:
        with store.transaction() as conn:
            return {name: verified_backup(conn, name, targets(settings)) for name in settings.targets}
    except FirelineError:
        return None
    finally:
        store.close()


def _age(about: str, name: str, taken: datetime | None, limit: timedelta) -> Line:
    todo = f"Take one: `fireline backup create --target {name}`; regularly, by a timer of the machine."
    if taken is None:
        return warn(about, "there is no verified backup: nothing that destroys would start", todo)
    age = clock.now() - taken
    if age > limit:
        return warn(about, f"the newest verified backup is {span(age)} old, the policy's limit is {span(limit)}", todo)
    return ok(about, f"the newest verified backup is {span(age)} old")
