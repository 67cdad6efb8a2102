"""Somebody is to be called, and the runbook does not say how."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.document import Contact
from fireline.runbook.language import placeholders
from fireline.runbook.lint.page import path_of
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.subject import Subject
from fireline.runbook.speech.words import folded

# What somebody can be reached by: an address, a number, or the name of a thing that reaches people.
_REACHES = re.compile(
    r"@|#\w|://|\d[\d ()./-]{3,}\d|\b(?:pager\w*|opsgenie|victorops|splunk|slack|teams|discord|mattermost|telegram|whatsapp|signal"
    r"|zulip|irc|e-?mail|mail|phone|tel|call|dial|sms|text|hotline|extension|ext|page|rota\w*|schedule|on-?call|queue|ticket\w*"
    r"|portal|desk|jira|service ?now|website|console|form|link|see|bridge|zoom|meet|bereitschaft|telefon|durchwahl|astreinte"
    r"|telephone|telefono|guardia|intranet|directory|channel|kanal|canal)\b"
)
_NOT_YET = re.compile(
    r"\b(?:tbd|tba|tbc|todo|to be (?:added|defined|determined|decided|filled in|announced|confirmed)|not (?:yet )?(?:known|assigned|defined)"
    r"|fill (?:me )?in|coming soon|pending|unassigned|vacant|wird nachgetragen|folgt|noch offen|unbekannt|a completer|a definir"
    r"|a renseigner|por definir|pendiente|da definire|da completare|nog in te vullen)\b|\bx{3,}\b|\bx{3}-x{3,}"
)
_FOR_CONTACTS = re.compile(
    r"\b(?:contacts?|kontakte?|notfallkontakte?|ansprechpartner|contactos?|contatti|contatos?)\b"
)
_NAME_WORDS = 4  # more are a sentence, which may say how


def look(subject: Subject) -> Iterator[Fault]:
    """Every contact without a way to reach it."""
    for contact in subject.book.contacts:
        said = _judge(subject, contact)
        if said is not None:
            yield said


def _judge(subject: Subject, contact: Contact) -> Fault | None:
    line = subject.lines[contact.line - 1] if 0 < contact.line <= len(subject.lines) else ""
    told = folded(line)
    open_ = contact.placeholder or next(iter(placeholders.in_prose(line)), None)
    if (
        contact.address is not None
        and _REACHES.search(folded(contact.address))
        and not _NOT_YET.fullmatch(folded(contact.address).strip(" .()"))
    ):
        return None
    unsaid = contact.address is None or open_ is not None or _NOT_YET.search(told.partition(folded(contact.role))[2])
    if unsaid:
        evidence = open_ or (contact.address or "")
        return Fault(
            contact.line,
            f"nobody wrote down how {contact.role} is reached",
            subject.column(contact.line, evidence) if evidence else 1,
            evidence=evidence,
            suggestion="Write a phone number, an address, a channel or the name of the on-call schedule.",
        )
    if "](" in line or "<a " in line or len((contact.address or "").split()) > _NAME_WORDS:
        return None
    if not _FOR_CONTACTS.search(folded(" ".join(path_of(subject.text, contact.line)[-1:]))):
        return None
    return Fault(
        contact.line,
        f"{contact.role} has a name, and nothing by which to reach it",
        subject.column(contact.line, contact.address or ""),
        suggestion="Add a phone number, an address, a channel or the name of the on-call schedule.",
        severity="warning",
    )


rule = Rule(
    id="contact-missing",
    area="document",
    severity="error",
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
