"""Which procedure a complaint is about, and why in words. Pure and quick: no model, no network, only words in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fireline.runbook.document import Procedure
from fireline.runbook.speech import words
from fireline.runbook.speech.causes import spoken
from fireline.runbook.speech.concepts import ELSEWHERE, RELATED, SCOPES

# How much a part of a procedure says about when to use it.
TITLE, SYMPTOM, GROUP, STEP = 1.0, 1.0, 0.5, 0.35
LITERAL = 0.7  # a word that is in no concept, such as the name of a service
SCOPE = 0.45  # where it hurts, in proportion to what is wrong
CAUSE = 0.7  # a diagnosis, in proportion to the complaint's own words
HALF = 1.3  # the evidence that makes a score of one half
OFTEN = 0.2  # gained by a second and a third word for the same thing
AGAIN = 0.35  # left of a word's weight for each further concept it is akin to
MEANT = 0.8  # so close that the one means the other: a migration is in the database
OTHER_SCOPE = 0.55  # left of a score when complaint and procedure speak of different places
SILENT = 0.45  # left of a score for each thing the runbook does not speak of anywhere


@dataclass(frozen=True)
class Match:
    """A procedure, how well it fits (0 to 1), the complaint's words that say so, and the reason as a sentence."""

    procedure: Procedure
    score: float
    words: tuple[str, ...]
    why: str


@dataclass
class _Profile:
    """What a procedure speaks of: weight of each concept and word, and where it was said."""

    procedure: Procedure
    concepts: dict[str, tuple[float, str]] = field(default_factory=dict)
    words: dict[str, tuple[float, str]] = field(default_factory=dict)

    def add(self, text: str, weight: float) -> None:
        said = words.speech(text)
        for concept in said.concepts:
            if concept in SCOPES and weight == STEP:
                continue  # “stop the application” is a step of everything
            if weight > self.concepts.get(concept, (0.0, ""))[0]:
                self.concepts[concept] = (weight, text)
        for stem in said.words:
            if weight > self.words.get(stem, (0.0, ""))[0]:
                self.words[stem] = (weight, text)


@dataclass(frozen=True)
class _Evidence:
    """One thing that complaint and procedure have in common."""

    weight: float
    said: tuple[str, ...]
    text: str  # of the procedure


def match(procedures: Sequence[Procedure], complaint: str, cause: str | None = None) -> list[Match]:
    """Every procedure with its score, best first; equal ones in the runbook's order. `cause` is a diagnosis's label."""
    profiles = [_profile(one) for one in procedures if one.kind == "procedure"]
    if not profiles:
        return []
    rarity = _Rarity(profiles)
    said = words.speech(complaint)
    diagnosed = words.speech(spoken(cause)) if cause else words.Speech({}, {})
    found = [_judge(one, said, diagnosed, rarity) for one in profiles]
    return sorted(found, key=lambda one: -one.score)


def _profile(procedure: Procedure) -> _Profile:
    profile = _Profile(procedure)
    for symptom in procedure.symptoms:
        profile.add(symptom, SYMPTOM)
    profile.add(procedure.title, TITLE)
    profile.add(procedure.group, GROUP)
    for step in procedure.steps:
        profile.add(step.title, STEP)
        for way in step.alternatives:
            profile.add(way.title, STEP)
    return profile


class _Rarity:
    """How much a concept or a word tells the runbook's procedures apart: 1 when one has it, less the more do."""

    def __init__(self, profiles: Sequence[_Profile]) -> None:
        self.count = len(profiles)
        self.concepts = _counted([profile.concepts for profile in profiles])
        self.words = _counted([profile.words for profile in profiles])

    def of(self, mass: float) -> float:
        return math.log(1 + self.count / max(mass, 1.0)) / math.log(1 + self.count)


def _counted(parts: Sequence[dict[str, tuple[float, str]]]) -> dict[str, float]:
    counted: dict[str, float] = {}
    for part in parts:
        for name, (weight, _) in part.items():
            counted[name] = counted.get(name, 0.0) + weight
    return counted


def _judge(profile: _Profile, said: words.Speech, diagnosed: words.Speech, rarity: _Rarity) -> Match:
    evidence = [*_concepts(profile, said, rarity), *_words(profile, said, rarity)]
    evidence += [
        _Evidence(one.weight * CAUSE, ("the diagnosis",), one.text) for one in _concepts(profile, diagnosed, rarity)
    ]
    total = sum(one.weight for one in evidence) * _fitting(profile, said) * _spoken_of(said, rarity)
    strongest = max((one.weight for one in evidence), default=0.0)
    shown = [one for one in sorted(evidence, key=lambda one: -one.weight)[:4] if one.weight >= strongest / 4]
    matched = tuple(dict.fromkeys(word for one in shown for word in one.said))
    return Match(profile.procedure, round(total / (total + HALF), 4), matched, _why(shown))


def _concepts(profile: _Profile, said: words.Speech, rarity: _Rarity) -> list[_Evidence]:
    """Each concept of the procedure once, by what in the complaint speaks of it most directly."""
    best: dict[str, _Evidence] = {}
    for concept, shown in said.concepts.items():
        kin = {concept: 1.0, **RELATED.get(concept, {})}
        near = [
            _common(profile, other, closeness, shown, rarity)
            for other, closeness in kin.items()
            if other in profile.concepts
        ]
        for place, (other, one) in enumerate(sorted(near, key=lambda pair: -pair[1].weight)):
            weighed = one if place == 0 else replace(one, weight=one.weight * AGAIN)
            if other not in best or weighed.weight > best[other].weight:
                best[other] = weighed
    return list(best.values())


def _common(
    profile: _Profile, concept: str, closeness: float, shown: tuple[str, ...], rarity: _Rarity
) -> tuple[str, _Evidence]:
    weight, text = profile.concepts[concept]
    scope = SCOPE if concept in SCOPES else 1.0
    often = 1 + min(len(shown) - 1, 2) * OFTEN
    return concept, _Evidence(weight * closeness * rarity.of(rarity.concepts[concept]) * scope * often, shown, text)


def _words(profile: _Profile, said: words.Speech, rarity: _Rarity) -> list[_Evidence]:
    """Words in common that no concept stands for, such as the name of a service."""
    return [
        _Evidence(profile.words[stem][0] * LITERAL * rarity.of(rarity.words[stem]), (word,), profile.words[stem][1])
        for stem, word in said.words.items()
        if stem in profile.words and not words.concepts_of(stem)
    ]


def _fitting(profile: _Profile, said: words.Speech) -> float:
    """Less than 1 when the complaint speaks only of another place than the procedure."""
    meant = {one for concept in said.concepts for one, near in RELATED.get(concept, {}).items() if near >= MEANT}
    places = {scope for scope in ("database", "app") if scope in said.concepts or scope in meant}
    own = {scope for scope in ("database", "app") if scope in profile.concepts}
    return OTHER_SCOPE if places and own and not places & own else 1.0


def _spoken_of(said: words.Speech, rarity: _Rarity) -> float:
    silent = sum(1 for concept in said.concepts if concept in ELSEWHERE and concept not in rarity.concepts)
    return float(SILENT**silent)


def _why(evidence: Sequence[_Evidence]) -> str:
    parts: list[str] = []
    for one in evidence[:3]:
        said = " and ".join(f"“{word}”" for word in one.said[:2])
        parts.append(f"{said} {'speak' if len(one.said) > 1 else 'speaks'} of “{one.text}”")
    return "; ".join(dict.fromkeys(parts)) or "nothing in common"
