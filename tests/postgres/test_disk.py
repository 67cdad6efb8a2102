"""How much disk is free at the server, where that can be seen."""

from __future__ import annotations

import shutil

from fireline.postgres.connect import Target, connect
from fireline.postgres.disk import beside_us, free_bytes


def test_a_server_beside_us_is_seen(patient: Target) -> None:
    with connect(patient) as conn:
        row = conn.execute("SELECT current_setting('data_directory') AS folder").fetchone()
        assert row is not None
        assert beside_us(conn)
        free = free_bytes(conn, row["folder"])
        assert free is not None
        assert abs(free - shutil.disk_usage(row["folder"]).free) < 2**30


def test_a_folder_that_is_unknown_or_gone_is_not_guessed(patient: Target) -> None:
    with connect(patient) as conn:
        assert free_bytes(conn, None) is None
        assert free_bytes(conn, "/nowhere/at/all") is None
