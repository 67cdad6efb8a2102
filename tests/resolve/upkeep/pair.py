"""A primary and its standby, real and short-lived."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fireline.cluster import Cluster
from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests import servers

SETTINGS = {"shared_buffers": "16MB", "max_connections": "20", "wal_level": "replica", "autovacuum": "off"}


@contextmanager
def pair() -> Iterator[tuple[Target, Target]]:
    """Both as targets; the standby is a copy of the primary's folder that follows it."""
    with servers.private_folder() as folder:
        primary = Cluster(folder / "p", servers.embedded(), settings=SETTINGS, fsync=False).start()
        primary.stop()
        subprocess.run(["cp", "-a", str(folder / "p"), str(folder / "s")], check=True)
        subprocess.run(["cp", "-a", "--attributes-only", str(folder / "p/data/PG_VERSION"), str(folder / "s/data/standby.signal")], check=True)  # fmt: skip
        primary.start()
        parts = conninfo_to_dict(primary.url())
        parts.pop("dbname")
        follow = {**SETTINGS, "primary_conninfo": make_conninfo("", **{k: str(v) for k, v in parts.items()})}
        standby = Cluster(folder / "s", servers.embedded(), settings=follow, fsync=False)
        try:
            standby.start()
            yield Target("main", Secret(primary.url())), Target("main", Secret(standby.url()))
        finally:
            standby.remove()
            primary.remove()
