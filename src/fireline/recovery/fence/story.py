"""What is told of a fence on the timelines of the open incidents of its target."""

from __future__ import annotations

from fireline.incident import timeline
from fireline.incident.people import FIRELINE, Actor
from fireline.recovery.fence.rows import Fence, Q
from fireline.store.connect import Connection, all_rows


def tell(conn: Connection, fence: Fence, event: str, *, by: str, says: str = "") -> None:
    """Append it to each: event is raised, renewed, lifted, fell (by itself) or stuck."""
    actor = FIRELINE if by == FIRELINE.name else Actor(by)
    for row in all_rows(conn, Q["incidents_of_target"], target=fence.target):
        timeline.tell(
            conn, row["id"], "fence", actor, event=event, target=fence.target, level=fence.level, until=fence.expires_at,
            reason=fence.reason, says=says,
        )  # fmt: skip
