"""Words as a complaint and a runbook have them in common: folded, stemmed, and put under the concepts they speak of."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from fireline.runbook.speech.concepts import CONCEPTS, SCOPES

SHORT = 3  # letters of a word that has no ending to take off
LONGEST = 4_000  # characters of a complaint that are read

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_CAN_NOT = re.compile(r"\b(?:can(?:no|')?t|can not|couldn'?t|could not|unable to|not able to|impossible to)\b")
_NOT = re.compile(
    r"\b(?:(?:do|does|did|is|are|was|were|wo|would|has|have|had)n'?t|(?:do|does|did|is|are|was|were|will|would|has|have|had) not|no longer|not any ?more|never)\b"
)
_STOP = """
    a an and any are as at be been before but by every everyone everything for from get getting go got had has have he her his i if in
    into is it its just last let like lot made make many may me more most much my near new no none nobody not now of off on one only or our
    out over own please re s says see seem seems she since so some someone something still t than that the their them then there
    these they thing this those to today too under until up us very was we were what when where which while who whole
    why will with within without would yesterday you your am pm also again all about after around because both can cant do
    does did done each even high issue issues problem problems incident incidents procedure procedures check review
    identify run affected need needed required possible low
    log logs logged
"""
STOP = frozenset(_STOP.split())
_IRREGULAR = {
    "hung": "hang", "stuck": "stick", "froze": "freeze", "frozen": "freeze", "broke": "break", "broken": "break",
    "lost": "lose", "loss": "lose", "losses": "lose", "went": "go", "gone": "gone", "stolen": "steal", "stole": "steal", "shown": "show", "ran": "run",
    "died": "die", "dying": "die", "dies": "die", "slower": "slow", "slowly": "slow", "slowness": "slow",
    "wrote": "write", "written": "write", "sent": "send", "grew": "grow", "took": "take", "taken": "take",
    "children": "child", "people": "person", "indices": "index", "indexes": "index", "access": "access",
    "launched": "launch", "data": "data", "status": "status", "process": "process", "class": "class",
    "does": "do", "began": "begin", "left": "left", "bloated": "bloat", "shipped": "ship", "dropped": "drop",
    "connection": "connect", "connections": "connect", "connectivity": "connect", "corrupt": "corruption",
    "corrupted": "corruption", "exposed": "exposure", "expose": "exposure", "exposes": "exposure",
    "unauthorised": "unauthorized", "degraded": "degrade", "degradation": "degrade", "violations": "violate",
    "violation": "violate", "responses": "respond", "response": "respond", "inconsistency": "inconsistent",
    "inconsistencies": "inconsistent", "performing": "performance",
    "rotation": "rotate", "notification": "notify", "notifications": "notify", "optimization": "optimize",
}  # fmt: skip


@dataclass(frozen=True)
class Speech:
    """What a text speaks of: its own words by stem, and its concepts with the words that evoked each."""

    words: dict[str, str]
    concepts: dict[str, tuple[str, ...]]


def tokens(text: str) -> list[tuple[str, str]]:
    """Each word of a text as (stem, the word as it stands); HighQueryLatency is three."""
    plain = folded(_CAMEL.sub(" ", text[:LONGEST]))
    plain = _NOT.sub("not", _CAN_NOT.sub("cant", plain))
    return [(stem(found[0]), found[0]) for found in _WORD.finditer(plain)]


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """The text without case and accents."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'")).casefold()
    return "".join(char for char in plain if not unicodedata.combining(char))


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """The word without its ending: queries, query; crashed, crash. Light: it must not make two words of one."""
    word = word.replace("'s", "").replace("'", "")
    known = _IRREGULAR.get(word)
    if known == word:
        return word
    word = known or word
    if len(word) <= SHORT or not word.isascii() or any(char.isdigit() for char in word):
        return word
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)] + instead
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) >= len(ending) + 3:
            word = _undoubled(word[: -len(ending)])
            break
    return word[:-1] if word.endswith("e") and len(word) > SHORT + 1 else word


def _undoubled(word: str) -> str:
    """dropp, drop; but fill stays fill."""
    double = len(word) > SHORT and word[-1] == word[-2] and word[-1] not in "aeiouls"
    return word[:-1] if double else word


@lru_cache(maxsize=2048)
def speech(text: str) -> Speech:
    """What a text speaks of."""
    found = tokens(text)
    words: dict[str, str] = {}
    for one, word in found:
        if one not in STOP and word not in STOP and not one.isdigit() and len(one) > 1:
            words.setdefault(one, word)
    concepts: dict[str, dict[tuple[str, ...], str]] = {}
    for start, end, concept in _spoken([one for one, _ in found]):
        said = concepts.setdefault(concept, {})
        said.setdefault(tuple(one for one, _ in found[start:end]), " ".join(word for _, word in found[start:end]))
    return Speech(words, {concept: tuple(said.values()) for concept, said in concepts.items()})


def _spoken(stems: list[str]) -> list[tuple[int, int, str]]:
    """Where each concept is spoken of. A word within a longer phrase does not speak for itself: failed logins."""
    found: list[tuple[int, int, str]] = []
    for at, one in enumerate(stems):
        for phrase, concept in _phrases().get(one, ()):
            if tuple(stems[at : at + len(phrase)]) == phrase:
                found.append((at, at + len(phrase), concept))
    taken = {place for start, end, _ in found if end - start > 1 for place in range(start, end)}
    return [
        (start, end, concept)
        for start, end, concept in found
        if end - start > 1 or start not in taken or concept in SCOPES
    ]


@cache
def _phrases() -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """Every phrase of every concept, by its first stem."""
    table: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for concept, phrases in CONCEPTS.items():
        for phrase in phrases.replace("\n", " ").split(","):
            stems = tuple(one for one, _ in tokens(phrase))
            if stems:
                table.setdefault(stems[0], []).append((stems, concept))
    return {first: tuple(dict.fromkeys(found)) for first, found in table.items()}


def concepts_of(one: str) -> set[str]:
    """The concepts that a single stem belongs to."""
    return {concept for phrase, concept in _phrases().get(one, ()) if phrase == (one,)}
