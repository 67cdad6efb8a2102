"""A PostgreSQL of our own for a moment, to prove that a backup can be restored; no target is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg import sql

from fireline.cluster import Cluster
from fireline.cluster.binaries import Binaries, find_binaries
from fireline.errors import ClusterError, Refused
from fireline.postgres.connect import Target, connect
from fireline.recovery.held import dead, held
from fireline.redact import Secret
from fireline.settings import Settings

NEWEST = 25  # a version that does not exist yet: how far to look for a newer one
_MEMORY_SHARE = 8
# It is thrown away, and made anew after a crash: nothing in it need survive one.
_SETTINGS = {
    "wal_level": "minimal", "max_wal_senders": "0", "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
    "autovacuum": "off", "max_wal_size": "16GB", "checkpoint_timeout": "1h", "max_connections": "40", "listen_addresses": "",
}  # fmt: skip


def binaries_for(major: int, configured: Path | None) -> Binaries:
    """The programs of this version, else of the next newer one there is. Raises Refused when there are none."""
    for wanted in range(major, max(NEWEST, major + 1)):
        try:
            return find_binaries(configured, major=wanted, oldest=min(wanted, 13))
        except ClusterError as none:
            last = none
    raise Refused(f"no PostgreSQL {major} or newer is on this machine to restore to: {last.message}",
                  hint=f"Install it (`apt install postgresql-{major}`), or name its folder with store.binaries.")  # fmt: skip


@contextmanager
def server(settings: Settings, major: int, *, roles: Collection[str] = ()) -> Iterator[Target]:
    """A fresh server of this version or newer, with these roles, as a target; stopped and deleted after the block."""
    sweep(settings)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    buffers = f"{max(memory // _MEMORY_SHARE >> 20, 64)}MB"
    found = binaries_for(major, settings.store.binaries)
    with held(_home(settings)) as folder:
        cluster = Cluster(folder, binaries=found.folder, settings={**_SETTINGS, "shared_buffers": buffers}, fsync=False)
        try:
            cluster.start()
            target = Target("scratch", Secret(cluster.url()))
            with connect(target, write=True, autocommit=True) as conn:
                for name in roles:
                    if (
                        conn.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone() is None
                        and name != "public"
                    ):
                        conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
            yield target
        finally:
            cluster.remove()


def sweep(settings: Settings) -> None:
    """Stop and delete the scratch servers of processes that were killed."""
    for folder in dead(_home(settings)):
        with suppress(ClusterError):
            Cluster(folder).remove()
            shutil.rmtree(folder, ignore_errors=True)


def _home(settings: Settings) -> Path:
    return settings.path(settings.store.folder) / "scratch"
