"""Somebody has asked the server to stop; it lets nobody in any more, and waits for the sessions that are still there."""

from __future__ import annotations

import re

from fireline.assess.checks.log import Log
from fireline.assess.checks.server_files import ServerFiles
from fireline.assess.down import how_to_start
from fireline.assess.refused import FAMILY, LETS_IN, door, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Verdict

LABEL = "server_shutting_down"
_ASKED = re.compile(r"received (smart|fast|immediate) shutdown request")
_CLIENT = re.compile(r"\[local\]|\(\d+\)")


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The door says so."""
    at, files, log = door(snapshot), snapshot.last("server_files", ServerFiles), snapshot.last("log", Log)
    if not at.refused("shutting_down"):
        return ()
    asked = [one.message for one in (log.tail if log else ()) if _ASKED.search(one.message)]
    titles = files.postmaster.children if files and files.postmaster else ()
    left = [one for one in titles if _CLIENT.search(one)]
    facts = [Evidence("server's refusal", at.said), *(Evidence("server log", one) for one in asked[-1:])]
    if left:
        facts.append(Evidence("process titles", f"{len(left)} sessions are still there: {listed(left)}"))
    data = f" -D {files.data}" if files and files.data else ""
    made = verdict(
        LABEL,
        "The server was asked to stop, and lets nobody in any more.",
        objects=tuple(left[:3]) or (at.place,),
        evidence=facts,
        rejected={
            "database_closed": "the whole server lets nobody in, not one database",
            "server_not_running": "its process is still there",
            "startup_bad_preload_library": "it is going down, not coming up",
        },
        remedy=Cure(
            "Find out who asked for it. It can not be called back: let it end, which a smart stop does only when the last session is"
            f" gone (`pg_ctl stop{data} -m fast` ends them, and what they have not committed is rolled back), then start it again:"
            f" `{how_to_start(files)}`.",
        ),
        probe=LETS_IN,
        explains=("nobody can connect",),
        hurt=1,
    )  # fmt: skip
    return (made,)


cause = Cause(LABEL, FAMILY, judge, (), ("unreachable",))
