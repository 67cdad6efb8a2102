"""What a plan and its outcome are told as: one sentence each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fireline.resolve.upkeep.item import ORDER, Chosen, count, size

if TYPE_CHECKING:
    from fireline.resolve.upkeep.turn import Done

_NOUNS = {
    "analyze": "table",
    "vacuum": "table",
    "freeze": "table",
    "drop": "leftover index",
    "reindex": "index",
    "validate": "constraint",
    "sequence": "sequence",
}
_PRESENT = {"reindex": "rebuild", "sequence": "raise"}
_PAST = {
    "analyze": "analyzed",
    "vacuum": "vacuumed",
    "freeze": "froze",
    "drop": "dropped",
    "reindex": "rebuilt",
    "validate": "validated",
    "sequence": "raised",
}


def _counted(kinds: Sequence[str], verbs: dict[str, str]) -> str:
    """Such as: analyze 2 tables, rebuild 1 index."""
    counts = Counter(kinds)
    parts = []
    for kind in ORDER:
        number, noun = counts[kind], _NOUNS[kind]
        plural = noun if number == 1 else f"{noun}es" if noun.endswith("x") else f"{noun}s"
        parts += [f"{verbs.get(kind, kind)} {number} {plural}"] if number else []
    return ", ".join(parts)


def summary(name: str, chosen: Chosen) -> str:
    """What would be done, in one sentence."""
    left = f"; {len(chosen.left_out)} left out for now" if chosen.left_out else ""
    said = f"; {len(chosen.suggestions)} suggested for a person" if chosen.suggestions else ""
    if not chosen.items:
        return (
            f"Nothing can be done on {name} now{left}{said}." if left else f"Nothing wants doing on {name} now{said}."
        )
    work = _counted([item.kind for item in chosen.items], _PRESENT)
    return f"On {name}, one after another: {work}{left}{said}."


def effect(chosen: Chosen, *, unseen: bool) -> str:
    """What it disturbs. unseen: there are standbys, and our role can not see how far they are behind."""
    if not chosen.items:
        return "Nothing is changed."
    disk = max(item.need for item in chosen.items)
    return (
        "Nobody who reads or writes waits for it. It reads and writes as gently as autovacuum, and stops as soon as"
        " anybody waits for it, lock waits rise or a standby falls behind"
        + ("; but our role can not see how far the standbys are behind." if unseen else ".")
        + (f" Up to {size(disk)} of disk for a while." if disk else "")
    )


def outcome(found: Sequence[Done]) -> str:
    """What was done, and the first thing that was not, with the reason."""
    did = _counted([one.item.kind for one in found if one.state == "done"], _PAST)
    idle = sum(one.state == "not needed" for one in found)
    rest = [one for one in found if one.state not in ("done", "not needed")]
    parts = [did or "nothing was changed", *([f"{count(idle)} needed nothing any more"] if idle else [])]
    if rest:
        more = f", and {len(rest) - 1} more not done" if len(rest) > 1 else ""
        parts.append(f"{rest[0].item.what}: {rest[0].state}, {rest[0].note}{more}")
    return "; ".join(parts)
