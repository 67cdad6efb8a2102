"""Whom commits must wait for, and which standbys are there."""

from __future__ import annotations

from fireline.assess.snapshot import Check, Replication, Snapshot
from fireline.postgres.connect import Connection

_SETTING = "SELECT setting, source FROM pg_settings WHERE name = 'synchronous_standby_names'"
_STANDBYS = """
SELECT coalesce(application_name, '') AS application, coalesce(state, '') AS state, coalesce(sync_state, '') AS sync
FROM pg_stat_replication
"""


def read(conn: Connection, sofar: Snapshot) -> Replication:
    """The setting and the standbys connected now."""
    del sofar
    setting = conn.execute(_SETTING).fetchone()
    standbys = tuple((row["application"], row["state"], row["sync"]) for row in conn.execute(_STANDBYS).fetchall())
    return Replication(setting["setting"] if setting else "", setting["source"] if setting else "", standbys)


check = Check("replication", read)
