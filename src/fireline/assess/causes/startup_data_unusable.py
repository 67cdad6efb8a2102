"""The server does not start, as its data folder is not one that it may or can use: owner, permissions, version, missing files."""

from __future__ import annotations

from fireline.assess.down import not_started, stopped_by
from fireline.assess.refused import FAMILY
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Verdict

LABEL = "startup_data_unusable"
_WORDS = (
    r"could not find the database system|database files are incompatible with server|data directory \"([^\"]+)\" (?:has (?:wrong ownership|invalid permissions)|does not exist)"
    r"|could not (?:open|read|access) (?:file|directory) \"([^\"]+)\": (?:Permission denied|No such file or directory|Read-only file system)"
    r"|\"([^\"]+)\" is not a (?:valid data|database cluster) directory|could not locate (?:a valid|required) checkpoint record"
)


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The last start was broken off so; a library that is missing is another cause."""
    words = stopped_by(snapshot, _WORDS)
    if words is None or "could not access file" in words.said.message:
        return ()
    lost = "checkpoint record" in words.said.message
    text = (
        "Change nothing in the folder, and copy it first: its write-ahead log is damaged or gone. Restore the last backup beside it."
        " pg_resetwal would start it with data that may be wrong."
        if lost
        else "Look what changed in the folder: its owner and permissions (0700, the server's account), a mount that is missing, a"
        " package that was upgraded to another major version without pg_upgrade. Put that back; delete nothing."
    )
    return not_started(
        snapshot,
        LABEL,
        "The server does not start: it can not use its data folder.",
        words,
        objects=words.names or ("data folder",),
        text=text,
        rejected={
            "startup_bad_preload_library": "the log speaks of the data folder, not of a library",
            "disk_full_tablespace": "the log does not speak of space",
            "server_not_running": "it was started, and the log says why it did not come up",
        },
        confidence=0.9,
    )


cause = Cause(LABEL, FAMILY, judge, (), ("unreachable", "corrupt", "config"), absorbs=("server_not_running",))
