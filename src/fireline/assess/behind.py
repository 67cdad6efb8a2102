"""What the causes have in common that make a standby old: which step of the way stands still. Pure."""

from __future__ import annotations

from fireline.assess.checks.standbys import Connected, Replay, Standbys
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Rejected

ASKED = ("replica",)
_MUCH = 2**20  # bytes that replay or the network leaves lying


def replay(snapshot: Snapshot) -> Replay | None:
    """How this server replays, when it is a standby."""
    seen = snapshot.last("standbys", Standbys)
    return seen.replay if seen else None


def standing(snapshot: Snapshot) -> list[Connected]:
    """Standbys that have all log and do not replay it: the same place in each sample, though they answer.

    How far replay is, a standby tells with its answers: a standby that had nothing to answer may be further than it told.
    """
    found = []
    for first, last in pairs(snapshot):
        if None in (last.flushed, last.replayed) or last.state != "streaming":
            continue
        left = (last.flushed or 0) - (last.replayed or 0)
        answered = first.replied is not None and last.replied is not None and last.replied > first.replied
        still = first.replayed == last.replayed and left > 0
        if still and (answered or snapshot.complaint.about(*ASKED)) and not starved(last):
            found.append(last)
    return found


def starved(one: Connected) -> bool:
    """Whether the log does not even arrive there."""
    return one.written is not None and one.newest is not None and one.newest - one.written > _MUCH


def starving(snapshot: Snapshot) -> list[Connected]:
    """Standbys to which log does not get through: written there is less than was sent or is here, and does not move on."""
    found = []
    for first, last in pairs(snapshot):
        if last.state == "streaming" and starved(last) and first.written == last.written:
            found.append(last)
    return found


def pairs(snapshot: Snapshot) -> list[tuple[Connected, Connected]]:
    """Each standby as the first and the last sample saw it."""
    seen = snapshot.all("standbys", Standbys)
    if not seen:
        return []
    before = {one.pid: one for one in seen[0].connected}
    return [(before[one.pid], one) for one in seen[-1].connected if one.pid in before]


def name(one: Connected) -> str:
    """Which standby, for a sentence."""
    return one.application or one.client or f"of pid {one.pid}"


def not_the_network(one: Connected) -> Rejected:
    """The fact that the log has arrived."""
    left = (one.newest or 0) - (one.flushed or 0)
    return Rejected("replica_network_lag", f"the log has arrived there: {max(left, 0)} bytes are not flushed yet")
