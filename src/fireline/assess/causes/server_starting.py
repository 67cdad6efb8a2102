"""The server is starting or recovers from a crash or a backup, and lets nobody in until it is done."""

from __future__ import annotations

import re

from fireline.assess.checks.log import Log
from fireline.assess.checks.server_files import ServerFiles
from fireline.assess.refused import FAMILY, LETS_IN, door, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Verdict

LABEL = "server_starting"
_PROGRESS = re.compile(
    r"redo in progress|redo starts|syncing data directory|not properly shut down|restored log file|entering standby mode|automatic recovery|interrupted"
)


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The door says so."""
    at, files = door(snapshot), snapshot.last("server_files", ServerFiles)
    if not at.refused("starting", "recovery"):
        return ()
    titles = files.postmaster.children if files and files.postmaster else ()
    startup = [one for one in titles if one.startswith("startup")]
    log = snapshot.last("log", Log)
    told = [one.message for one in (log.tail if log else ()) if _PROGRESS.search(one.message)]
    facts = [Evidence("server's refusal", at.said)]
    facts += [Evidence("process titles", one) for one in startup[:1]] + [
        Evidence("server log", one) for one in told[-2:]
    ]
    if files and files.control:
        facts.append(Evidence("pg_control", f"{files.control.state} since {files.control.at:%H:%M:%S} UTC"))
    not_hot = "not accepting connections" in at.said and "yet" not in at.said
    made = verdict(
        LABEL,
        "The server is a standby that takes no connections." if not_hot else "The server is starting: it replays its write-ahead log and lets nobody in until then.",
        objects=(at.place,),
        evidence=facts,
        rejected={
            "startup_bad_preload_library": "the server's process is there and answers",
            "server_not_running": "the server's process is there and answers",
            "database_closed": "the whole server lets nobody in, not one database",
        },
        remedy=Cure(
            "Set hot_standby = on and restart it, or connect to the primary: this one follows another server."
            if not_hot
            else "Wait; do not kill it, as it would begin anew. The title of its startup process and the log tell how far it is. Find out"
            " why it went down: the log before its start. A checkpoint_timeout or max_wal_size that is smaller makes the next one shorter.",
            level="read",
        ),
        probe=LETS_IN,
        severity="critical",
        confidence=0.85,
        explains=("nobody can connect",),
        hurt=1,
    )  # fmt: skip
    return (made,)


cause = Cause(LABEL, FAMILY, judge, (), ("unreachable",))
