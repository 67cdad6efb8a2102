"""Writes fail because a setting makes every transaction read-only, on a server that could write."""

from __future__ import annotations

from fireline.assess.checks.owners import Owners
from fireline.assess.origin import Origin, gone, in_order, origins, truth
from fireline.assess.refused import evidence_of, heard
from fireline.assess.snapshot import Server, Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Rejected, Severity, Verdict

LABEL = "read_only_setting"
_NAME = "default_transaction_read_only"
_WORDS = r"cannot execute .{1,60} in a read-only transaction"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """A role, a database or the server is told to begin every transaction read-only, and it is no standby.

    Without a complaint a role that only reads may well be meant so, unless it owns tables that it can not write.
    """
    if snapshot.server is None or snapshot.server.standby:
        return ()
    found = [one for one in origins(snapshot, _NAME, "transaction_read_only") if truth(one.value)]
    if not snapshot.complaint.about("readonly"):
        found = [one for one in found if one.role is None or _owns(snapshot, one.role)]
    return (_verdict(snapshot, snapshot.server, found),) if found else ()


def _owns(snapshot: Snapshot, role: str) -> bool:
    owners = snapshot.last("owners", Owners)
    return owners is not None and owners.tables.get(role, 0) > 0


def _verdict(snapshot: Snapshot, server: Server, found: list[Origin]) -> Verdict:
    asked = snapshot.complaint.about("readonly")
    broad = any(one.role is None for one in found)
    said = heard(snapshot, _WORDS)  # the log tells that somebody wants to write, whatever people complain of
    refused = asked or bool(said)
    severity: Severity = "critical" if refused and (broad or not asked) else "high" if asked or broad else "medium"
    return Verdict(
        cause=LABEL,
        title=f"A setting makes every transaction of {listed([one.whom for one in found])} read-only.",
        severity=severity,
        confidence=0.95 if refused else 0.8,
        objects=tuple(one.object for one in found),
        evidence=(
            *(one.evidence for one in found),
            Evidence("pg_is_in_recovery", f"{server.database} is on a primary, which could write"),
            *evidence_of(said, most=1),
        ),
        explains=("cannot execute … in a read-only transaction", "writes fail, reading is fine"),
        rejected=(
            Rejected("failover_to_standby", "the server is not in recovery: it is a primary"),
            Rejected("grants_lost_on_recreate", "the transaction is refused as read-only, not for want of a privilege"),
        ),
        remedy=Cure(
            text="Ask first who set it and why: some hosts set it when the disk is nearly full. If nobody means it, take it back."
            " Sessions that are connected keep it until they connect anew, so restart or reconnect the application's pool.",
            sql=(f"SET {_NAME} = off", *in_order(sql for one in found for sql in one.takes_back("off"))),
            level="reversible",
            undo=in_order(sql for one in found for sql in one.gives_again()),
        ),
        probe=gone(snapshot, found),
    )


cause = Cause(LABEL, "configuration", judge, ("settings",), ("readonly",))
