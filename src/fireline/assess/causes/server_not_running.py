"""The server is not running: it was stopped, or it died, and nobody started it again."""

from __future__ import annotations

import re

from fireline.assess.checks.log import Log
from fireline.assess.checks.server_files import ServerFiles
from fireline.assess.down import how_to_start, is_down, last_words
from fireline.assess.refused import FAMILY, door, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Verdict

LABEL = "server_not_running"
_LIFE = re.compile(
    r"received \w+ shutdown|terminated by signal|database system (?:is|was) |out of memory|immediate shutdown"
)
_REQUEST = re.compile(r"received \w+ shutdown request")
_STOPPED = ("shut down", "shut down in recovery", "shutting down")


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Its data is on this machine, no process serves it, and no failed start tells another cause."""
    files = snapshot.last("server_files", ServerFiles)
    if files is None or files.data is None or not is_down(snapshot):
        return ()
    log = snapshot.last("log", Log)
    stopped = (files.control is not None and files.control.state in _STOPPED) or any(
        _REQUEST.search(one) for one in _last(log)
    )
    fatal = [one for one in last_words(snapshot) if one.severity in ("FATAL", "PANIC") and _of_a_start(one.message)]
    return (_verdict(snapshot, files, fatal[-1].message if fatal else "", stopped=stopped),)


def _of_a_start(message: str) -> bool:
    """Whether it can be what broke off a start, and not what a client was told."""
    return "starting up" not in message and "terminating connection" not in message and "authentication" not in message


def _verdict(snapshot: Snapshot, files: ServerFiles, fatal: str, *, stopped: bool) -> Verdict:
    facts = [Evidence("door", door(snapshot).said), Evidence("this machine", f"no process serves {files.data}")]
    if files.control:
        facts.append(
            Evidence("pg_control", f"last written {files.control.state}, at {files.control.at:%Y-%m-%d %H:%M:%S} UTC")
        )
    log = snapshot.last("log", Log)
    facts += [Evidence("server log", said) for said in _last(log)]
    clean = files.control is not None and files.control.state in _STOPPED
    died = "ended without being stopped (killed, out of memory, or the machine went down)"
    how = "was stopped in order" if clean else "was stopped at once, in no order" if stopped else died
    why = f" The last thing its log says is: {fatal}." if fatal else ""
    return verdict(
        LABEL,
        "The server is not running: it was stopped." if stopped else "The server is not running: it died.",
        objects=(str(files.data),),
        evidence=facts,
        rejected={
            "startup_bad_preload_library": "its log does not speak of a library that can not be loaded",
            "hba_reject": "nothing listens: no rule is asked",
            "crash_loop": "no process of it is left",
        },
        remedy=Cure(
            f"It {how}.{why} Find out by whom or why (the machine's own log tells of memory), then start it: `{how_to_start(files)}`."
            + ("" if clean else " It recovers by itself from its write-ahead log."),
        ),
        confidence=0.7 if fatal else 0.9,
        explains=("nobody can connect",),
        hurt=0 if fatal else 1,
    )


def _last(log: Log | None) -> list[str]:
    """The last things that the log says of the server's own life."""
    told = [one.message for one in (log.tail if log else ()) if _LIFE.search(one.message)]
    return told[-3:]


cause = Cause(LABEL, FAMILY, judge, (), ("unreachable",))
