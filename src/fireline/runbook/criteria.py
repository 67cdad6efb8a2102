"""What the runbook's severities mean: which one a complaint speaks of, and how soon somebody must respond. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fireline.runbook.document import Severity

DEFAULT_SEVERITIES = (
    Severity("P0", "Critical", 0, ("Application completely down", "Data loss or corruption", "Security breach"), "Immediate", 0),
    Severity("P1", "High", 1, ("Major feature broken", "Many users affected"), "Within 1 hour", 0),
    Severity("P2", "Medium", 2, ("Minor feature broken", "Some users affected"), "Within 4 hours", 0),
    Severity("P3", "Low", 3, ("Cosmetic issues", "Minor bugs"), "Next business day", 0),
)  # fmt: skip


@dataclass(frozen=True)
class ResponseTime:
    """A response time as a clock can count it. kind: immediate, duration (with `duration`), business_day or none.

    business: the duration counts business hours only. note: why it is none.
    """

    kind: str
    duration: timedelta | None = None
    business: bool = False
    note: str = ""


_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10,
    "twelve": 12, "fifteen": 15, "thirty": 30, "half an": 0.5, "half a": 0.5,
}  # fmt: skip
_UNITS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "minuten": 60, "minutes": 60, "h": 3600, "hr": 3600,
          "hour": 3600, "stunde": 3600, "stunden": 3600, "heure": 3600, "d": 86400, "day": 86400, "tag": 86400,
          "tage": 86400, "tagen": 86400, "jour": 86400, "week": 604800}  # fmt: skip
_SPAN = re.compile(
    rf"(?P<number>\d+(?:[.,]\d+)?|{'|'.join(sorted(map(re.escape, _NUMBERS), key=len, reverse=True))})\s*"
    r"(?P<business>business|working|office)?\s*"
    rf"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})s?\b"
)
_AT_ONCE = re.compile(r"immediate|at once|right away|instant|asap|as soon as possible|sofort|immédiat|24/7 page")
_NEXT_DAY = re.compile(
    r"next (?:business|working) day|nächster (?:arbeits|werk)tag|nächsten (?:arbeits|werk)tag|jour ouvr"
)


def response_time(phrase: str) -> ResponseTime:
    """Read a phrase such as Immediate, Within 1 hour, 30 min, 2 business hours, Next business day."""
    text = " ".join(phrase.casefold().split())
    if not text:
        return ResponseTime("none", note="no response time is named")
    if _NEXT_DAY.search(text):
        return ResponseTime("business_day")
    found = _SPAN.search(text)
    if found is not None:
        number = found["number"]
        amount = _NUMBERS[number] if number in _NUMBERS else float(number.replace(",", "."))
        business = bool(found["business"]) or "business hours" in text
        if business and _UNITS[found["unit"]] == _UNITS["day"]:
            # Counted in opening hours a day of work is shorter than a day; the next opening is what is meant by one.
            return (
                ResponseTime("business_day")
                if amount == 1
                else ResponseTime("duration", timedelta(hours=8 * amount), business=True)
            )
        return ResponseTime("duration", timedelta(seconds=amount * _UNITS[found["unit"]]), business=business)
    if _AT_ONCE.search(text):
        return ResponseTime("immediate")
    return ResponseTime("none", note=f"“{phrase}” can not be read as a time")


_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "at",
        "by",
        "for",
        "from",
        "in",
        "is",
        "it",
        "of",
        "on",
        "or",
        "the",
        "to",
        "with",
        "be",
        "has",
        "have",
        "not",
        "no",
        "issue",
        "issues",
        "problem",
        "problems",
    ]
)
_SAME = {
    "outage": "down", "unavailable": "down", "unreachable": "down", "offline": "down", "lost": "loss", "losing": "loss",
    "corrupt": "corruption", "corrupted": "corruption", "breached": "breach", "leak": "breach", "leaked": "breach",
    "everyone": "completely", "everything": "completely", "entirely": "completely", "whole": "completely", "all": "completely",
    "app": "application", "site": "application", "service": "application", "typo": "cosmetic", "slow": "degradation",
    "latency": "degradation", "hang": "degradation", "hangs": "degradation", "timeout": "degradation",
    "timeouts": "degradation", "customers": "users", "several": "some", "few": "some", "bug": "bugs",
}  # fmt: skip
_ENOUGH = 0.6  # of a criterion's words, weighted by how rare they are among all criteria
_SOURCE = {
    "critical": 1, "error": 1, "high": 1, "page": 1, "fatal": 1, "emergency": 0, "p0": 0, "sev0": 0, "p1": 1, "sev1": 1,
    "warning": 2, "warn": 2, "medium": 2, "p2": 2, "sev2": 2, "info": 3, "low": 3, "notice": 3, "debug": 3, "p3": 3, "sev3": 3,
}  # fmt: skip


def _words(text: str) -> list[str]:
    return [_SAME.get(word, word) for word in re.findall(r"[a-zà-ÿ]+", text.casefold()) if word not in _STOP]


def choose_severity(
    severities: Sequence[Severity], text: str, source: str | None = None
) -> tuple[Severity, str] | None:
    """The severity that a complaint speaks of, and why; None when neither its words nor its sender say anything.

    The runbook's own criteria come first, the highest severity before others; then the sender's word, of which
    critical and error mean the second highest: the highest is for what the runbook calls so.
    """
    said = set(_words(text))
    rare = _rarity(severities)
    for severity in sorted(severities, key=lambda one: one.rank):
        for criterion in severity.criteria:
            for part in re.split(r"\bor\b|/|,", criterion):
                words = set(_words(part))
                total = sum(rare.get(word, 1.0) for word in words)
                met = sum(rare.get(word, 1.0) for word in words & said)
                if words and met / total >= _ENOUGH and len(words & said) >= min(2, len(words)):
                    return severity, f"“{criterion}” is a criterion of {severity.id}"
    return by_source(severities, source) if source else None


def by_source(severities: Sequence[Severity], word: str) -> tuple[Severity, str] | None:
    """The severity that a sender's word stands for; None when the word is not known."""
    folded = word.strip().casefold()
    named = next(
        (one for one in severities if folded in (one.id.casefold(), one.name.casefold()) and folded not in _SOURCE),
        None,
    )
    if named is not None:
        return named, f"the sender says {word}"
    if folded not in _SOURCE or not severities:
        return None
    ranked = sorted(severities, key=lambda one: one.rank)
    return ranked[min(_SOURCE[folded], len(ranked) - 1)], f"the sender says {word}"


def _rarity(severities: Sequence[Severity]) -> dict[str, float]:
    """How much a word tells severities apart: one that stands in many criteria tells little."""
    counts: dict[str, int] = {}
    for severity in severities:
        for word in {word for criterion in severity.criteria for word in _words(criterion)}:
            counts[word] = counts.get(word, 0) + 1
    return {word: 1.0 / count for word, count in counts.items()}
