"""Ordinary statements are cancelled because a setting gives them next to no time."""

from __future__ import annotations

from fireline.assess.origin import Origin, gone, in_order, milliseconds, origins
from fireline.assess.snapshot import Snapshot
from fireline.assess.tangle import lasting
from fireline.assess.telling import listed, span
from fireline.assess.verdict import Cause, Cure, Evidence, Rejected, Verdict

LABEL = "statement_timeout_too_low"
_NAME = "statement_timeout"
_TINY, _LOW, _SHORT = 500.0, 2_000.0, 15_000.0  # ms: nobody means it; too low for many; a limit that many teams want


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """A role, a database or the server limits statements to less than ordinary ones need.

    A limit of seconds is what careful teams set: it is blamed only when somebody complains, and not before whatever
    makes a statement slow. Nor is it the limit that is wrong while statements wait for a lock.
    """
    asked = snapshot.complaint.about("timeout")
    waiting = bool(lasting(snapshot))
    most = _TINY if not asked or waiting else _SHORT
    found = [(one, ms) for one in origins(snapshot, _NAME) if (ms := milliseconds(one.value)) and 0 < ms <= most]
    if not found:
        return ()
    lowest = min(ms for _, ms in found)
    return (_verdict(snapshot, [one for one, ms in found if ms <= max(lowest, _LOW)], lowest, asked),)


def _verdict(snapshot: Snapshot, found: list[Origin], lowest: float, asked: bool) -> Verdict:
    sure = lowest <= _LOW
    return Verdict(
        cause=LABEL,
        title=f"statement_timeout gives the statements of {listed([one.whom for one in found])} too little time.",
        severity="high" if asked and sure else "medium",
        confidence=0.95 if asked and lowest <= _TINY else 0.85 if asked and sure else 0.6,
        objects=tuple(one.object for one in found),
        evidence=(
            *(one.evidence for one in found),
            Evidence("pg_locks", "no statement waits long for a lock")
            if not lasting(snapshot)
            else Evidence("pg_settings", f"{span(lowest / 1000)} is less than an ordinary statement may take"),
        ),
        explains=("canceling statement due to statement timeout", "requests fail at random"),
        rejected=(
            Rejected(
                "missing_index", f"statements are cancelled after {span(lowest / 1000)}, which ordinary ones may need"
            )
            if sure
            else Rejected("read_only_setting", "statements are cancelled after a time, not refused"),
            Rejected("idle_in_tx_row_lock", "the limit is below what waiting for a lock would explain")
            if lasting(snapshot)
            else Rejected("idle_in_tx_row_lock", "nobody holds up a statement with a lock"),
        ),
        remedy=Cure(
            text="Take the limit back, or set one that the slowest honest statement stays below. Sessions that are connected keep"
            " the old one until they connect anew. Without any limit a runaway statement runs on, so set a better one soon.",
            sql=in_order(sql for one in found for sql in one.takes_back("0")),
            level="reversible",
            undo=in_order(sql for one in found for sql in one.gives_again()),
        ),
        probe=gone(snapshot, found),
    )


cause = Cause(LABEL, "configuration", judge, ("settings", "locks"), ("timeout",))
