"""The server's process is there and was stopped in its tracks (SIGSTOP, a frozen container): it takes calls and never answers."""

from __future__ import annotations

from fireline.assess.checks.server_files import ServerFiles
from fireline.assess.refused import FAMILY, LETS_IN, door, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Verdict

LABEL = "server_frozen"
_STOPPED = {"T": "is stopped by a signal", "t": "is held by a debugger", "D": "waits for a disk that does not answer"}


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """No answer in time, and the process on this machine does not run."""
    at, files = door(snapshot), snapshot.last("server_files", ServerFiles)
    process = files.postmaster if files else None
    if not at.refused("timeout", "lost") or process is None or process.state not in _STOPPED:
        return ()
    disk = process.state == "D"
    made = verdict(
        LABEL,
        "The server's process is there and does not run.",
        objects=(f"pid {process.pid}",),
        evidence=(Evidence("door", at.said), Evidence("this machine", f"process {process.pid} {_STOPPED[process.state]} (state {process.state})")),
        rejected={
            "server_not_running": f"its process {process.pid} is there",
            "host_name_unknown": "the server is on this machine, and its process is there",
        },
        remedy=Cure(
            "Look at the disk and its mount (dmesg): the process can not be woken before they answer."
            if disk
            else f"Let it run on: `kill -CONT {process.pid}` (and its children, or thaw the container). Find out who stopped it.",
        ),
        probe=LETS_IN,
        confidence=0.7 if disk else 0.95,
        explains=("nobody gets an answer",),
        hurt=1,
    )  # fmt: skip
    return (made,)


cause = Cause(LABEL, FAMILY, judge, (), ("unreachable", "hang", "timeout"))
