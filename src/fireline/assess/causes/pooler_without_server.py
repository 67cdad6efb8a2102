"""The pooler answers, and the server behind it does not, or does not let it in."""

from __future__ import annotations

from fireline.assess.refused import FAMILY, LETS_IN, door, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Verdict

LABEL = "pooler_without_server"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The door says so, in the words of PgBouncer."""
    at = door(snapshot)
    if not at.refused("pooler"):
        return ()
    made = verdict(
        LABEL,
        "The pooler has no connection to the server behind it to give.",
        objects=(f"pooler at {at.place}",),
        evidence=(Evidence("pooler's refusal", at.said),),
        rejected={
            "server_not_running": f"something answers at {at.place}: the pooler; whether the server runs is to be asked at the server's own port",
            "wrong_password_rotated_secret": "the client was let in; it is the pooler's own connection that fails",
        },
        remedy=Cure(
            "Diagnose the server itself, by a DSN that goes past the pooler: it may be down, full, or its sessions stuck. If it is well,"
            " look at the pooler's own line for this database (host, port, user, password, pool size), and at its log.",
        ),
        probe=LETS_IN,
        confidence=0.85,
        hurt=1,
    )
    return (made,)


cause = Cause(LABEL, FAMILY, judge, (), ("unreachable", "login"))
