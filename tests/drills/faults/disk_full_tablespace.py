"""A tablespace lies on a small file system of its own, and that is full. Needs root, to mount one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


class Disk:
    """A small file system in memory."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)]
        subprocess.run(command, check=True, capture_output=True)

    def remove(self) -> None:
        """Unmount it, whoever still has files open there."""
        subprocess.run(["umount", "-l", str(self.folder)], check=True, capture_output=True)


def inject(at: Place) -> Wound:
    at.shop()
    disk = Disk(at.cluster.folder.path.parent / "disk", at.rng.randrange(16, 40))
    at.others.append(disk)
    owner = at.data.stat()
    (disk.folder / "ts").mkdir(mode=0o700)
    os.chown(disk.folder / "ts", owner.st_uid, owner.st_gid)
    space = at.rng.choice(("fast_ssd", "archive", "Volume2"))
    at.sql(f"CREATE TABLESPACE \"{space}\" OWNER {at.role} LOCATION '{disk.folder}/ts'")
    with at.connect(at.role, autocommit=True) as conn:
        conn.execute(f'CREATE TABLE old_events (body text) TABLESPACE "{space}"'.encode())
        conn.execute(b"INSERT INTO old_events SELECT repeat('x', 1000) FROM generate_series(1, 5000)")
        conn.execute(f'CREATE TABLE events (body text) TABLESPACE "{space}"'.encode())
        try:
            for _ in range(40):
                conn.execute(b"INSERT INTO events SELECT repeat('x', 1000) FROM generate_series(1, 2000)")
            said = ""
        except psycopg.errors.DiskFull as full:
            said = f"ERROR:  {full.diag.message_primary}"

    def freed(root: Verdict) -> None:
        for statement in root.remedy.sql:
            at.sql(statement)  # what is large there
        at.sql("DROP TABLE old_events")

    assert said
    return Wound((said, "writes fail: no space left on device", "Alert: disk of the database is full"), remedy=freed)


fault = Fault("disk_full_tablespace", inject)
