"""The runbook's severities put to use: which one a complaint speaks of, and what its response time means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from fireline.runbook.document import Severity
from fireline.runbook.speech import words

DEFAULT_SEVERITIES = (
    Severity(
        "P0",
        "Critical",
        0,
        ("Application completely down", "Data loss or corruption", "Security breach"),
        "Immediate",
        0,
    ),
    Severity(
        "P1", "High", 1, ("Major feature broken", "Performance degradation affecting many users"), "Within 1 hour", 0
    ),
    Severity(
        "P2", "Medium", 2, ("Minor feature broken", "Performance issues affecting some users"), "Within 4 hours", 0
    ),
    Severity("P3", "Low", 3, ("Cosmetic issues", "Minor bugs"), "Next business day", 0),
)

# What makes the highest severity whatever the runbook's own criteria say.
_GRAVE = re.compile(
    r"\b(?:completely|entirely|totally) down\b|\b(?:whole|entire) (?:app|application|site|system|platform) is (?:down|gone|unreachable)\b"
    r"|\bdata[ -]?loss\b|\b(?:data|security) breach(?:ed)?\b|\bbreached\b|\bransomware\b|\b(?:site|app|application|production|everything) is down\b"
    r"|\bdown for (?:everyone|everybody|all)\b",
    re.IGNORECASE,
)
_SPOKEN = re.compile(r"\b(?:severity|priority|level|urgency)\s*[=:]\s*[\"']?([\w-]+)", re.IGNORECASE)
_SENDERS = {
    1: {
        "critical",
        "crit",
        "error",
        "err",
        "fatal",
        "emergency",
        "emerg",
        "alert",
        "page",
        "high",
        "major",
        "disaster",
    },
    2: {"warning", "warn", "medium", "moderate", "average"},
    3: {"info", "information", "informational", "notice", "low", "minor", "debug", "none", "ok"},
}
_GREAT = {"major", "critical", "many", "complete", "completely", "all", "most", "widespread"}
_SMALL = {"minor", "cosmetic", "small", "trivial", "typo", "tiny", "slightly", "visual"}
_PLAIN = (
    _GREAT
    | _SMALL
    | {"affecting", "affect", "users", "user", "some", "few", "single", "customers", "issue", "issues", "bug"}
)
_ENOUGH = 0.66  # of a criterion's words


def choose_severity(
    severities: Sequence[Severity], text: str, sender: str | None = None
) -> tuple[Severity, str] | None:
    """The severity that a complaint speaks of, and why; None when neither its words nor its sender's say anything.

    The criteria of the highest count first, then what the sender called it (`sender`, or `severity=warning` in the
    text): critical is the second, warning the third, info the fourth. Then the criteria of the others.
    """
    if not severities:
        return None
    ranked = sorted(severities, key=lambda one: one.rank)
    grave = _GRAVE.search(text)
    if grave:
        return ranked[0], f"the words “{grave[0].lower()}”"
    small = bool(_SMALL & {word for _, word in words.tokens(text)})
    fitting = [
        (severity, f"{_listed(said)} fit{'s' if len(said) == 1 else ''} its criterion “{criterion}”")
        for severity in ranked
        for criterion in severity.criteria
        if (said := _fits(criterion, text, small=small))
    ]
    if fitting and fitting[0][0] is ranked[0]:
        return fitting[0]
    called = (sender or next(iter(_SPOKEN.findall(text)), "")).casefold()
    rank = next((rank for rank, names in _SENDERS.items() if called in names), None)
    if rank is not None:
        return ranked[min(rank, len(ranked) - 1)], f"its sender called it {called}"
    own = next((one for one in ranked if called in (one.id.casefold(), one.name.casefold())), None)
    if own:
        return own, f"its sender called it {called}"
    return fitting[0] if fitting else None


def _listed(said: Sequence[str]) -> str:
    shown = [f"“{word}”" for word in said]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _fits(criterion: str, text: str, *, small: bool) -> list[str]:
    """The words of the text by which it fits the criterion, or one of its parts: data loss, or corruption."""
    if small and _GREAT & {word for _, word in words.tokens(criterion)}:
        return []  # a small thing is not a major one
    for part in re.split(r"\s+or\s+|[,;/]\s*|\s+and/or\s+", criterion):
        said = _fits_part(part, text)
        if said:
            return said
    return []


def _fits_part(part: str, text: str) -> list[str]:
    speech = words.speech(text)
    own = [(stem, word) for stem, word in words.speech(part).words.items() if word not in _PLAIN]
    minor = [word for _, word in words.tokens(part) if word in _SMALL]
    texts = dict(words.tokens(text))
    said: list[str] = [texts[stem] for stem, _ in words.tokens(part) if stem in texts and texts[stem] in minor]
    if minor and not said:
        said = [word for word in texts.values() if word in _SMALL][:1]
        if not said:
            return []
    fitting = 0
    for stem, _ in own:
        shared = words.concepts_of(stem) & set(speech.concepts)
        if stem in speech.words:
            said.append(speech.words[stem])
        elif shared:
            said += [shown for concept in sorted(shared) for shown in speech.concepts[concept][:1]]
        else:
            continue
        fitting += 1
    if own and fitting / len(own) < _ENOUGH:
        return []
    return list(dict.fromkeys(said)) if own or said else []


@dataclass(frozen=True)
class ResponseTime:
    """How soon somebody must respond, read from the runbook's words.

    kind: immediate, duration, business_day (the next one), or none, with a note that says why.
    business: `duration` counts business hours only.
    """

    kind: Literal["immediate", "duration", "business_day", "none"]
    duration: timedelta | None = None
    business: bool = False
    note: str = ""


_BUSINESS_DAY_HOURS = 8  # of one of several business days
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twelve": 12,
    "fifteen": 15, "twenty": 20, "thirty": 30, "half": 0.5, "half an": 0.5, "half a": 0.5, "einer": 1, "eine": 1, "zwei": 2,
    "drei": 3, "vier": 4, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "una": 1, "dos": 2, "tres": 3, "cuatro": 4,
}  # fmt: skip
_UNITS = {
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "sekunden": 1,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "minuten": 60, "minutos": 60,
    "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600, "stunde": 3600, "stunden": 3600, "heure": 3600,
    "heures": 3600, "hora": 3600, "horas": 3600,
    "d": 86400, "day": 86400, "days": 86400, "tag": 86400, "tage": 86400, "tagen": 86400, "jour": 86400, "jours": 86400,
    "dia": 86400, "dias": 86400, "werktag": 86400, "werktage": 86400, "werktagen": 86400, "arbeitstag": 86400,
    "w": 604800, "week": 604800, "weeks": 604800, "woche": 604800, "wochen": 604800, "semaine": 604800,
}  # fmt: skip
_IMMEDIATE = re.compile(
    r"\b(?:immediate(?:ly)?|at once|right away|straight away|asap|as soon as possible|now|instant(?:ly)?|sofort|umgehend"
    r"|immediat(?:e|ement)?|inmediat[oa]|inmediatamente|subito|0 ?min(?:utes)?)\b"
)
_NEXT_DAY = re.compile(
    r"\b(?:next|following) (?:(?:business|working|work) )?day\b|\b(?:nachster|nachsten) (?:werk|arbeits|geschafts)tag"
    r"|\b(?:prochain jour|jour) (?:ouvre|ouvrable)|\bjour ouvre suivant\b|\b(?:proximo|siguiente) dia (?:laborable|habil)\b"
)
_AMOUNT = re.compile(
    rf"(?<![\w.])(\d+(?:\.\d+)?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})[\s-]*"
    rf"(?:(business|working|work|office|calendar)[\s-]+)?({'|'.join(sorted(_UNITS, key=len, reverse=True))})\b"
)
_BUSINESS = re.compile(
    r"\b(?:business|working|office|werktag|werktage|werktagen|arbeitstag|ouvres?|ouvrables?|laborables?|habiles)\b"
)


def response_time(phrase: str) -> ResponseTime:
    """What a phrase such as Within 1 hour or Next business day means; of a range the later end."""
    folded = " ".join(words.folded(phrase).split())
    if not folded:
        return ResponseTime("none", note="no response time is named")
    found = _AMOUNT.findall(folded)
    if _NEXT_DAY.search(folded):
        return ResponseTime("business_day")
    if not found:
        if _IMMEDIATE.search(folded):
            return ResponseTime("immediate")
        return ResponseTime("none", note=f"“{phrase.strip()[:60]}” is not understood as a time")
    return max((_length(folded, *one) for one in found), key=lambda one: one.duration or timedelta(0))


def _length(phrase: str, number: str, business: str, unit: str) -> ResponseTime:
    amount = _NUMBERS.get(number) or float(number)
    counted = business in ("business", "working", "work", "office") or bool(_BUSINESS.search(phrase))
    days = _UNITS[unit] == _UNITS["day"]
    if counted and days and amount == 1:
        return ResponseTime("business_day")
    if amount <= 0:
        return ResponseTime("immediate")
    seconds = amount * (_BUSINESS_DAY_HOURS * 3600 if counted and days else _UNITS[unit])
    return ResponseTime("duration", timedelta(seconds=min(seconds, 366 * 86400)), business=counted)
