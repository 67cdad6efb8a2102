"""Somebody is to be called, and the runbook does not say how."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.document import Contact
from fireline.runbook.language import placeholders
from fireline.runbook.lint.page import for_contacts, passages, path_of
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.subject import Subject
from fireline.runbook.speech.words import folded

# What somebody can be reached by: an address, a number, or the name of a thing that reaches people.
_REACHES = re.compile(
    r"@|#\w|://|\d[\d ()./-]{3,}\d|\b(?:pager\w*|opsgenie|victorops|splunk|slack|teams|discord|mattermost|telegram|whatsapp|signal"
    r"|zulip|irc|e-?mail|mail|phone|tel|call|dial|sms|text|hotline|extension|ext|page|rota\w*|schedule|on-?call|queue|ticket\w*"
    r"|portal|desk|jira|service ?now|website|console|form|link|bridge|zoom|meet|bereitschaft|telefon|durchwahl|astreinte"
    r"|telephone|telefono|guardia|intranet|directory|channel|kanal|canal)\b"
    r"|内線|電話|携帯|メール|チャンネル|チャネル|当番|电话|邮箱|手机"
)
_NOT_YET = re.compile(
    r"\b(?:tbd|tba|tbc|todo|to be (?:added|defined|determined|decided|filled in|announced|confirmed)|not (?:yet )?(?:known|assigned|defined)"
    r"|fill (?:me )?in|coming soon|pending|unassigned|vacant|wird nachgetragen|folgt|noch offen|unbekannt|a completer|a definir"
    r"|a renseigner|por definir|pendiente|da definire|da completare|nog in te vullen)\b|\bx{3,}\b|\bx{3}-x{3,}"
    r"|未定|未設定|未記入|未登録|要確認|待定|待确认|暂无|미정"
)
_BRACKETED = re.compile(r"\W*\[[^\[\]]+\]\W*")  # a link has lost its brackets here
_NAME_WORDS = 4  # more are a sentence, which may say how


def look(subject: Subject) -> Iterator[Fault]:
    """Every contact without a way to reach it."""
    for contact in subject.book.contacts:
        said = _judge(subject, contact)
        if said is not None:
            yield said
    known = {one.line for one in subject.book.contacts}
    for line, cells in _rows(subject):
        if line not in known:
            yield from _unread(subject, line, cells)


def _rows(subject: Subject) -> Iterator[tuple[int, list[str]]]:
    """The items and rows of a list of people, those too that were not read as contacts."""
    rows: dict[int, list[str]] = {}
    for one in passages(subject.text):
        if for_contacts(one.path) and re.match(r"\s*(?:[-*+]|\d+[.)]|\|)", subject.lines[one.line - 1]):
            rows.setdefault(one.line, []).append(one.prose.plain)
    yield from sorted(rows.items())


def _unread(subject: Subject, line: int, cells: list[str]) -> Iterator[Fault]:
    """A row where what stands for the address is open, and nothing else in it reaches anybody."""
    role, values = (cells[0], cells[1:]) if len(cells) > 1 else _split(cells[0])
    open_ = [
        one for one in values if placeholders.unfilled(one) or _BRACKETED.fullmatch(one) or _NOT_YET.search(folded(one))
    ]
    others = [one for one in values if one not in open_]
    if open_ and role and not any(_REACHES.search(folded(one)) for one in others):
        yield _unsaid(subject, line, role, open_[0])


def _split(words: str) -> tuple[str, list[str]]:
    parts = re.split(r"\s*(?::|\s[-–—])\s*", words, maxsplit=1)
    return (parts[0], parts[1:]) if len(parts) > 1 else ("", [])


def _judge(subject: Subject, contact: Contact) -> Fault | None:
    line = subject.lines[contact.line - 1] if 0 < contact.line <= len(subject.lines) else ""
    told = folded(line)
    bracketed = contact.address if _BRACKETED.fullmatch(contact.address or "") else None
    open_ = contact.placeholder or bracketed or next(iter(placeholders.in_prose(line)), None)
    if (
        contact.address is not None
        and bracketed is None
        and _REACHES.search(folded(contact.address))
        and not _NOT_YET.fullmatch(folded(contact.address).strip(" .()"))
    ):
        return None
    unsaid = contact.address is None or open_ is not None or _NOT_YET.search(told.partition(folded(contact.role))[2])
    if unsaid:
        return _unsaid(subject, contact.line, contact.role, open_ or (contact.address or ""))
    if "](" in line or "<a " in line or len((contact.address or "").split()) > _NAME_WORDS:
        return None
    if not for_contacts(path_of(subject.text, contact.line)):
        return None
    return Fault(
        contact.line,
        f"nothing here reaches {contact.role}: “{contact.address}” is no number, address or channel",
        subject.column(contact.line, contact.address or ""),
        suggestion="Add a phone number, an address, a channel or the name of the on-call schedule.",
        severity="warning",
    )


def _unsaid(subject: Subject, line: int, role: str, evidence: str) -> Fault:
    return Fault(
        line,
        f"nobody wrote down how {role} is reached",
        subject.column(line, evidence) if evidence else 1,
        evidence=evidence,
        suggestion="Write a phone number, an address, a channel or the name of the on-call schedule.",
    )


rule = Rule(
    id="contact-missing",
    area="document",
    severity="error",
    at_times=("warning",),
    summary="A contact that nobody filled in, or without a way to reach it",
    why=(
        "The list of contacts is read once: when everything else has failed. `[Contact Info]` reaches nobody. A name alone is a "
        "warning, since somebody may know the number; the one who is on call since last week does not."
    ),
    bad="# Outage\n\n1. **Call for help**\n\n## Emergency contacts\n\n- **Database admin**: [Contact Info]\n- **Security**: TBD\n",
    good=(
        "# Outage\n\n1. **Call for help**\n\n## Emergency contacts\n\n- **Database admin**: PagerDuty schedule `database`\n"
        "- **Security**: security@example.com, +49 30 5550 123\n"
    ),
    look=look,
)
