"""What to say when a target does not answer and nothing told why: what was tried, and what would have let us in. Pure."""

from __future__ import annotations

from fireline.assess.checks.door import Door
from fireline.assess.checks.log import Log
from fireline.assess.checks.server_files import ServerFiles
from fireline.assess.snapshot import Snapshot
from fireline.errors import TargetUnavailable


def gave_up(snapshot: Snapshot, refused: TargetUnavailable) -> TargetUnavailable:
    """The error with which a diagnosis ends that could see nothing: the refusal, and what was tried beside it."""
    tried = "; ".join(attempts(snapshot))
    return TargetUnavailable(f"{refused.message} (tried: {tried})", hint=refused.hint, kind=refused.kind)


def attempts(snapshot: Snapshot) -> list[str]:
    """What was tried, each with what came of it."""
    door = snapshot.last("door", Door)
    found = [f"connecting to {door.place}" if door and door.category != "dsn" else "reading the DSN"]
    found += snapshot.tried
    files, log = snapshot.last("server_files", ServerFiles), snapshot.last("log", Log)
    if files is not None and not files.here:
        found.append("this machine, which is not the server's")
    elif files is not None:
        found.append(_process(files))
    if log is not None:
        found.append(f"the log {log.source}, which says nothing of it since {log.since:%H:%M} UTC")
    elif "log" in snapshot.unknown:
        found.append(f"the log: {snapshot.unknown['log']}")
    elif files is not None:
        found.append("its log, which was not found (--log-file names it)")
    return found


def _process(files: ServerFiles) -> str:
    if files.data is None:
        return "its data folder on this machine, which was not found"
    state = f", last seen {files.control.state}" if files.control else ""
    process = f"process {files.postmaster.pid} runs" if files.running and files.postmaster else "no process runs"
    return f"its data folder {files.data}: {process}{state}"
