"""Verdicts that only say that statements changed give way to those that tell why. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from fireline.assess.telling import shortened
from fireline.assess.verdict import Verdict


def settled(found: list[Verdict], yielding: Collection[str]) -> list[Verdict]:
    """Without those of the yielding labels that are about statements which others tell of; what they know is left to these."""
    others = [one for one in found if one.cause not in yielding]
    left = []
    for one in (late for late in found if late.cause in yielding):
        why = {text: place for text in one.about for place in _tell_of(others, text)}
        if len(why) < len(set(one.about)):
            left.append(one)
        else:
            place = min(why.values())
            others[place] = replace(others[place], evidence=(*others[place].evidence, *one.evidence))
    return [*others, *left]


def _tell_of(verdicts: list[Verdict], text: str) -> list[int]:
    """Which of them show the statement as evidence, the last of them first."""
    shown = shortened(text)
    places = [place for place, one in enumerate(verdicts) if any(shown in each.fact for each in one.evidence)]
    return places[::-1]
