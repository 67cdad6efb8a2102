"""CREATE INDEX CONCURRENTLY did not come to its end, and left a half-built index that nothing uses."""

from __future__ import annotations

from fireline.assess.broken_indexes import Broken, broken, verdict
from fireline.assess.new_index import GENTLE
from fireline.assess.reasons import FAILED
from fireline.assess.slowness import COMPLAINTS, FAMILY
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Verdict

LABEL = FAILED


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """One verdict for each half-built index that nobody is building."""
    return tuple(
        verdict(
            snapshot,
            one,
            label=LABEL,
            title=f"The index {one.name} is only half built: CREATE INDEX CONCURRENTLY failed or was broken off.",
            cure=_cure,
        )
        for one in broken(snapshot, LABEL)
    )


def _cure(one: Broken) -> Cure:
    """What is half built is built anew, which a REINDEX does in its place; what is half dropped is dropped."""
    if not one.index.live or one.twin is not None:
        return Cure(text="Take it away; nothing uses it.", sql=(f"DROP INDEX CONCURRENTLY {one.name}",))
    return Cure(
        text=f"Build it anew, or DROP INDEX CONCURRENTLY and create it again. {GENTLE}"
        + (" As it is unique, it fails again while rows break that: find them first." if one.index.unique else ""),
        sql=(f"REINDEX INDEX CONCURRENTLY {one.name}",),
    )


cause = Cause(LABEL, FAMILY, judge, ("indexes",), COMPLAINTS)
