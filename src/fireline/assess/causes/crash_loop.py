"""Server processes crash again and again: each crash throws all sessions out, and the server recovers, until the next one."""

# ruff: noqa: S608 - only a number goes into the probe
from __future__ import annotations

import re

from fireline.assess.checks.log import Log
from fireline.assess.down import last_words
from fireline.assess.refused import FAMILY, door, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import shortened
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict
from fireline.postgres.log_lines import Said

LABEL = "crash_loop"
_CRASH = re.compile(
    r"(?P<kind>[\w ]+?) (?:process )?\(PID \d+\) (?:was terminated by signal (?P<signal>\d+)(?:: (?P<name>[\w ]+))?|exited with exit code (?P<code>[2-9]|\d\d+))"
)
_RUNNING = re.compile(r"Failed process was running: (.+)", re.DOTALL)
_SHORTEST, _LONGEST = 5, 600  # seconds of calm that prove something
_KILLED = "9"
_ASKED_FOR = ("15", "2", "3")  # somebody ended it, with a signal that is meant for that


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Two crashes since the moment asked for; one is enough when it recovers right now, or somebody complains of it."""
    log = snapshot.last("log", Log)
    found = [
        (one, seen)
        for one in (log.tail if log else ())
        if (seen := _CRASH.search(one.message)) and seen["signal"] not in _ASKED_FOR
    ]
    recovers = door(snapshot).refused("starting") and any(_CRASH.search(one.message) for one in last_words(snapshot))
    felt = recovers or door(snapshot).refused("recovery", "lost") or snapshot.complaint.about("unreachable")
    return (_verdict(snapshot, found),) if len(found) >= (1 if felt else 2) else ()


def _verdict(snapshot: Snapshot, found: list[tuple[Said, re.Match[str]]]) -> Verdict:
    said, seen = found[-1]
    running = [text[1].strip() for one, _ in found if (text := _RUNNING.search(one.detail))]
    statement = max(set(running), key=running.count) if running else ""
    killed = seen["signal"] == _KILLED
    facts = [Evidence("server log", said.message)]
    facts.append(Evidence("server log", f"{len(found)} such ends in what was read of it"))
    if statement:
        facts.append(
            Evidence(
                "server log",
                f"it was running, {running.count(statement)} times of {len(found)}: {shortened(statement)}",
            )
        )
    why = (
        "It was killed from outside (signal 9): by the machine for want of memory (`dmesg -T | grep -i oom`), or by a person with kill -9."
        " Lower work_mem or max_connections, or give the machine or the container more memory."
        if killed
        else "It crashed in itself: most often an extension or a library that does not fit, or damaged data. Keep the statement from"
        " being run (take the job or the feature off), update or drop the extension that it uses, and keep a core file."
    )
    return verdict(
        LABEL,
        "Server processes are killed again and again, and all sessions end with each."
        if killed
        else "Server processes crash again and again, and all sessions end with each.",
        objects=(f"statement: {shortened(statement)}",) if statement else (said.message,),
        evidence=facts,
        rejected={
            "server_not_running": "the server comes back each time",
            "lock_pileup_exhausts_slots": "sessions end; they do not wait",
        },
        remedy=Cure(why),
        probe=_probe([one for one, _ in found]),
        severity="critical" if len(found) > 1 or snapshot.away else "high",
        confidence=0.9 if statement else 0.75,
        explains=("connections are lost", "the server is in recovery"),
        hurt=len(found),
    )


def _probe(crashes: list[Said]) -> Probe:
    """Green once the server has lived twice as long as between two crashes: it began anew with the last one."""
    moments = [one.at for one in crashes if one.at]
    gap = (moments[-1] - moments[0]).total_seconds() / (len(moments) - 1) if len(moments) > 1 else _LONGEST
    calm = round(min(max(gap * 2, _SHORTEST), _LONGEST))
    return Probe(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
        f" AND backend_start > clock_timestamp() - interval '{calm} seconds'",
        "rows = 0",
    )


cause = Cause(LABEL, FAMILY, judge, ("log",), ("unreachable", "memory"), absorbs=("server_starting",))
