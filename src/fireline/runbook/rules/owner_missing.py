"""A runbook that belongs to nobody, or that nobody has looked at for long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from fireline import clock
from fireline.runbook.language import placeholders
from fireline.runbook.lint.page import passages, prose_only, title_line
from fireline.runbook.lint.rule import Fault, Rule, Severity
from fireline.runbook.lint.subject import Subject
from fireline.runbook.speech.words import folded

OLD = timedelta(days=365)
_OWNERS = ("owner", "owners", "team", "maintainer", "maintainers", "service_owner", "contact")
_REVIEWS = ("reviewed", "last_reviewed", "last-reviewed", "review", "updated", "last_updated", "date", "lastmod")
_OWNED = re.compile(
    r"\b(?:owner(?:s|ship)?|owned by|maintain(?:er|ers|ed by)|responsible|verantwortlich\w*|zustandig\w*|eigentumer|betreut von"
    r"|wlasciciel\w*|odpowiedzialn\w*|opiekun|proprietaire|responsables?|equipe|propietari[oa]|duen[oa]|responsabil[ei]|responsavel|eigenaar|beheerder)\b"
)
_LOOKED_AT = re.compile(
    r"\b(?:review(?:ed|s)?|last (?:updated?|edited|modified|checked|tested|drill)|updated|revised|verified on|checked on"
    r"|gepruft|uberpruft|aktualisiert|stand|revu\w*|relu\w*|mise a jour|derniere revision|revisad[oa]|actualizad[oa]"
    r"|ultima revision|revision|rivisto|aggiornat[oa]|atualizad[oa]|revisao|przeglad\w*|sprawdzon\w*|aktualizacj\w*|revist[oa]|herzien|gecontroleerd)\b"
)
_MONTHS = (
    ("jan", "gen", "ene"), ("feb", "fev", "fevr"), ("mar", "mrt", "maer"), ("apr", "avr", "abr"), ("may", "mai", "mei", "mag"), ("jun", "juin", "giu"),
    ("jul", "juil", "lug"), ("aug", "aou", "ago"), ("sep", "set"), ("oct", "okt", "ott", "out"), ("nov",), ("dec", "dez", "dic"),
)  # fmt: skip
_ISO = re.compile(r"\b(20\d\d)[-/.](\d{1,2})(?:[-/.](\d{1,2}))?\b")
_DOTTED = re.compile(r"\b(\d{1,2})[./-](\d{1,2})[./-](20\d\d)\b")
_WORDED = re.compile(
    r"\b(?:(\d{1,2})\.?\s+(?:de\s+)?)?([a-z]{3,10})\.?\s+(?:de\s+)?(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(20\d\d)\b"
)


def look(subject: Subject) -> Iterator[Fault]:
    """Whether the front matter or the page says whose it is and when it was reviewed, and whether that is long ago."""
    annotated = "fireline" in subject.book.front_matter
    severity: Severity = "warning" if annotated else "info"
    text = _plain(subject)
    owned = any(_filled(subject.book.front_matter.get(name)) for name in _OWNERS) or _says(subject, _OWNED)
    reviewed = _when(subject, text)
    line = title_line(subject.text)
    missing = [what for what, there in (("whose it is", owned), ("when it was last reviewed", reviewed)) if not there]
    if missing:
        yield Fault(
            line,
            f"the runbook does not say {' nor '.join(missing)}",
            suggestion="Add `owner:` and `reviewed:` to the front matter, or a line with both under the title.",
            severity=severity if not owned else "info",
        )
    if isinstance(reviewed, date) and clock.now().date() - reviewed > OLD:
        yield Fault(
            _line_of(subject, reviewed, line),
            f"it was last reviewed on {reviewed.isoformat()}, more than a year ago",
            suggestion="Read it, run its drill, and write the new date.",
            severity=severity,
        )


def _line_of(subject: Subject, day: date, otherwise: int) -> int:
    """The line that names this day."""
    lines = enumerate((folded(one) for one in subject.lines), start=1)
    return next((n for n, one in lines if _LOOKED_AT.search(one) and day in _days(one)), otherwise)


def _filled(value: object) -> bool:
    return bool(value) and not placeholders.unfilled(str(value))


def _plain(subject: Subject) -> str:
    """The page in small letters, without code, tags and marks."""
    return re.sub(r"<[^<>]{0,200}>|[*_|`~]", " ", folded(prose_only(subject.text)))


def _says(subject: Subject, pattern: re.Pattern[str]) -> bool:
    """Whether a line speaks of it and more stands there than the word itself."""
    return any(
        (found := pattern.search(line)) is not None and not placeholders.unfilled(line[found.end() :].strip(" :*_|`-"))
        for line in _plain(subject).split("\n")
    )


def _when(subject: Subject, text: str) -> date | bool:
    """The newest day on which it was looked at; True when it says so without a day that can be read."""
    for name in _REVIEWS:
        value = subject.book.front_matter.get(name)
        if value:
            days = _days(folded(str(value)))
            return max(days) if days else _filled(value)
    lines = [line for line in text.split("\n") if _LOOKED_AT.search(line)]
    days = [day for line in lines for day in _days(line)]
    if days:
        return max(days)
    head = [line for line in lines if re.search(r":\s*\S", line) and len(line) < 160]  # noqa: PLR2004 - a label, no sentence
    return any(re.search(r"\d{4}|\d+ (?:days?|weeks?|months?)", line) for line in head) and bool(passages(subject.text))


def _days(text: str) -> list[date]:
    """The days that a text names."""
    found = [(int(y), int(m), int(d or 1)) for y, m, d in _ISO.findall(text)]
    for first, second, year in _DOTTED.findall(text):  # the day stands first, but in America
        day, month = (first, second) if int(second) <= len(_MONTHS) else (second, first)
        found.append((int(year), int(month), int(day)))
    for before, word, after, year in _WORDED.findall(text):
        month = next((n for n, names in enumerate(_MONTHS, start=1) if word.startswith(names)), None)
        if month:
            found.append((int(year), month, int(before or after or 1)))
    days: list[date] = []
    for year, month, day in found:
        try:
            days.append(datetime(year, month, day, tzinfo=clock.now().tzinfo).date())
        except ValueError:
            continue
    return days


rule = Rule(
    id="owner-missing",
    area="document",
    severity="warning",
    at_times=("info",),
    summary="A runbook without an owner or a day of review",
    why=(
        "What belongs to nobody rots, and a page that was last read two years ago describes another system. In a file that is "
        "annotated for Fireline (`fireline: 1` in its front matter) it is a warning; in a plain one it is only said for information, "
        "since many teams keep the owner elsewhere. No one but you knows who it is, so nothing is filled in for you."
    ),
    bad="---\nfireline: 1\n---\n\n# Outage\n\n1. **Look**\n",
    good="---\nfireline: 1\nowner: database-oncall\nreviewed: {today}\n---\n\n# Outage\n\n1. **Look**\n".replace(
        "{today}", "2999-01-01"
    ),
    look=look,
)
