"""Sessions are ended under the application because a setting gives them next to no time to be idle."""

from __future__ import annotations

from fireline.assess.origin import Origin, gone, in_order, milliseconds, origins
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed, span
from fireline.assess.verdict import Cause, Cure, Evidence, Rejected, Verdict

LABEL = "session_timeout_too_low"
_ENDED = {  # what the server says when each strikes
    "idle_in_transaction_session_timeout": r"idle-in-transaction (?:session )?timeout|25P03",
    "idle_session_timeout": r"idle-session timeout|57P05",
    "transaction_timeout": r"transaction timeout|25P04",
}
_TINY, _SHORT = 500.0, 60_000.0  # ms: nobody means it; too short for many
_GENERAL = r"connection (?:was )?(?:reset|lost|closed)|server closed|terminat"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """A role, a database or the server ends sessions or transactions after a moment.

    A limit of half a minute on idle transactions is what careful teams set: it is named only when the server's own words
    say that it struck.
    """
    found = [
        one for one in origins(snapshot, *_ENDED) if 0 < (milliseconds(one.value) or 0) <= _most(snapshot, one.name)
    ]
    return (_verdict(snapshot, found),) if found else ()


def _most(snapshot: Snapshot, name: str) -> float:
    return _SHORT if _struck(snapshot, name) else _TINY


def _struck(snapshot: Snapshot, name: str) -> bool:
    return bool(snapshot.complaint) and snapshot.complaint.says(_ENDED[name]) is not None


def _verdict(snapshot: Snapshot, found: list[Origin]) -> Verdict:
    lowest = min(milliseconds(one.value) or 0 for one in found)
    struck = any(_struck(snapshot, one.name) for one in found)
    felt = struck or snapshot.complaint.says(_GENERAL) is not None
    return Verdict(
        cause=LABEL,
        title=f"{listed([one.name for one in found])} ends sessions of {listed([one.whom for one in found])} too soon.",
        severity="high" if felt else "medium",
        confidence=0.95 if struck and lowest <= _TINY else 0.85 if struck else 0.75,
        objects=tuple(one.object for one in found),
        evidence=(*(one.evidence for one in found), Evidence("pg_settings", f"the shortest is {span(lowest / 1000)}")),
        explains=("terminating connection due to … timeout", "connections are lost at random"),
        rejected=(
            Rejected("statement_timeout_too_low", "sessions are ended while they are idle, no statement is cancelled"),
            Rejected("connection_leak_idle", "sessions do not stay, they are ended"),
            Rejected("server_not_running", "the server answers; it ends single sessions"),
        ),
        remedy=Cure(
            text="Take the limit back, or set one that the application's pauses stay below; for idle transactions a minute or two"
            " is a good guard. Sessions that are connected keep the old one until they connect anew.",
            sql=in_order(sql for one in found for sql in one.takes_back("0")),
            level="reversible",
            undo=in_order(sql for one in found for sql in one.gives_again()),
        ),
        probe=gone(snapshot, found),
    )


cause = Cause(LABEL, "configuration", judge, ("settings",), ("timeout", "unreachable", "hang", "slow"))
