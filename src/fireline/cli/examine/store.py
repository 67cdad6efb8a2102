"""Our own notebook: there, in the newest shape, its clock with ours, somebody working, the kill switch off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

from fireline import clock
from fireline.app.context import embedded
from fireline.cli.examine.line import Line, fail, ok, warn
from fireline.cli.times import ago, span
from fireline.errors import FirelineError
from fireline.settings import Settings
from fireline.store.connect import Connection, Store

_SKEW_SECONDS = 2.0
_SEEN = timedelta(seconds=30)


def look(settings: Settings) -> Iterator[Line]:
    """The store and what stands in it."""
    url = None
    if settings.store.url is not None:
        url = settings.store.url.reveal()
    else:
        line, url = _embedded(settings)
        yield line
    if url is None:
        return
    store = Store(url, application="fireline-doctor", pool_size=1)
    try:
        with store.transaction() as conn:
            yield _skew(conn)
            migrated = _shape(conn)
            yield migrated
            if migrated.state == "ok":
                yield from _workers(conn)
                yield from _halt(conn)
                yield from _people(conn)
    finally:
        store.close()


def _embedded(settings: Settings) -> tuple[Line, str | None]:
    cluster = embedded(settings)
    try:
        binaries = cluster.binaries
        running = cluster.running
    except FirelineError as wrong:
        return fail("store", wrong.message, wrong.hint or ""), None
    where = f"PostgreSQL {binaries.major} from {binaries.folder}"
    if running is None:
        tell = fail if cluster.folder.has_data else warn
        return tell("store", f"not running; {where} would be started", "Start it with `fireline up`."), None
    return ok("store", f"{where} runs in {cluster.folder.path}"), cluster.url("fireline")


def _skew(conn: Connection) -> Line:
    """Deadlines are computed here and compared there: both clocks must agree."""
    before = time.monotonic()
    row = conn.execute("SELECT clock_timestamp() AS there, current_setting('server_version') AS version").fetchone()
    trip = timedelta(seconds=time.monotonic() - before)
    assert row is not None
    apart = abs((clock.now() - trip / 2 - row["there"]).total_seconds())
    if apart > _SKEW_SECONDS:
        return warn(
            "store", f"its clock is {span(apart)} apart from ours", "Set both by NTP: deadlines depend on them."
        )
    return ok(
        "store", f"PostgreSQL {row['version']} answers in {trip / timedelta(milliseconds=1):.0f} ms, clocks agree"
    )


def _shape(conn: Connection) -> Line:
    from fireline.store.migrate import scripts

    there = conn.execute("SELECT to_regclass('fireline.alembic_version') AS found").fetchone()
    newest = scripts().get_current_head()
    if not (there and there["found"]):
        return fail("store", "it is empty", "Run `fireline migrate`, or `fireline up`.")
    row = conn.execute("SELECT version_num FROM fireline.alembic_version").fetchone()
    if row is None or row["version_num"] != newest:
        return fail("store", "it is not in the shape this version needs", "Run `fireline migrate`.")
    return ok("store", f"migrated to {newest}")


def _workers(conn: Connection) -> Iterator[Line]:
    rows = conn.execute("SELECT name, seen_at FROM worker ORDER BY seen_at DESC").fetchall()
    alive = [row for row in rows if clock.now() - row["seen_at"] < _SEEN]
    if alive:
        yield ok("workers", f"{len(alive)} at work, last seen {ago(alive[0]['seen_at'])}")
    else:
        last = f", the last was seen {ago(rows[0]['seen_at'])}" if rows else ""
        yield fail(
            "workers",
            f"none is at work{last}: alerts would only be stored",
            "Start one: `fireline up` or `fireline worker`.",
        )


def _halt(conn: Connection) -> Iterator[Line]:
    row = conn.execute("SELECT by, reason, at FROM halt WHERE lifted_at IS NULL ORDER BY id DESC LIMIT 1").fetchone()
    if row is not None:
        yield warn(
            "halt",
            f"on since {ago(row['at'])}, by {row['by']}: {row['reason']}",
            "`fireline halt --lift` lets steps start again.",
        )


def _people(conn: Connection) -> Iterator[Line]:
    row = conn.execute(
        "SELECT count(*) AS n, count(*) FILTER (WHERE role = 'admin') AS admins FROM person WHERE disabled_at IS NULL"
    ).fetchone()
    assert row is not None
    if not row["n"]:
        yield warn("people", "there is no account yet", "Open the page, or run `fireline user whoami` on this machine.")
    elif row["n"] == 1:
        yield warn(
            "people",
            "there is one account: it approves its own destructive steps",
            "Add the others: `fireline user add`.",
        )
    else:
        yield ok("people", f"{row['n']} accounts, {row['admins']} of them admins")
