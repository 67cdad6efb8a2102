"""The host in the DSN has no address: a wrong name, or a DNS that does not answer."""

from __future__ import annotations

from fireline.assess.refused import FAMILY, LETS_IN, door, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Verdict

LABEL = "host_name_unknown"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The door says so."""
    at = door(snapshot)
    if not at.refused("dns"):
        return ()
    made = verdict(
        LABEL,
        f"The host name {at.host} is not known.",
        objects=(f"host {at.host}",),
        evidence=(Evidence("door", at.said),),
        rejected={
            "server_not_running": "no address is known, so no server was asked",
            "tls_refused": "no address is known, so no server was asked",
        },
        remedy=Cure(
            f"Ask `getent hosts {at.host}` here and elsewhere. If nobody knows it, the name in the DSN is wrong, or the host was renamed"
            " or deleted; if others do, the DNS or the network of this machine is at fault.",
        ),
        probe=LETS_IN,
        confidence=0.9,
        hurt=1,
    )
    return (made,)


cause = Cause(LABEL, FAMILY, judge, (), ("unreachable",))
