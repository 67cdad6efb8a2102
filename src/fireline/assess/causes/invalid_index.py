"""An index is kept up with every write, and no plan may use it, as it was never proved to be whole."""

from __future__ import annotations

from fireline.assess.broken_indexes import broken, rebuilt, verdict
from fireline.assess.reasons import INVALID
from fireline.assess.slowness import COMPLAINTS, FAMILY
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Verdict

LABEL = INVALID


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """One verdict for each invalid index that takes writes."""
    return tuple(
        verdict(
            snapshot,
            one,
            label=LABEL,
            title=f"The index {one.name} is invalid: it costs every write, and no statement may use it.",
            cure=rebuilt,
        )
        for one in broken(snapshot, LABEL)
    )


cause = Cause(LABEL, FAMILY, judge, ("indexes",), COMPLAINTS)
