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
    """What is half built is built anew in its place; a unique one only after the rows that broke it are mended."""
    drop = (f"DROP INDEX CONCURRENTLY {one.name}",)
    if not one.index.live or one.twin is not None:
        return Cure(text="Take it away; nothing uses it.", sql=drop)
    if one.index.unique:
        return Cure(
            text="Take it away: rows that are equal have most likely broken it, and would do so again. Find them, decide which"
            f" ones stay, and create it again with CREATE UNIQUE INDEX CONCURRENTLY. {GENTLE}",
            sql=drop,
        )
    return Cure(
        text=f"Build it anew, or DROP INDEX CONCURRENTLY and create it again. {GENTLE}",
        sql=(f"REINDEX INDEX CONCURRENTLY {one.name}",),
    )


cause = Cause(LABEL, FAMILY, judge, ("indexes",), COMPLAINTS)
