"""Mail from whatever can only send mail: the subject without its words of status is the alert."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from fireline.detect.source import Event, Inbound, Source, Status, key, labels, line, moment, prose
from fireline.errors import Usage
from fireline.settings import Model

_REPLY = re.compile(r"(?i)\s*(?:re|fwd?|aw|wg)\s*:\s*")
_RESOLVED = ["resolved", "recovered", "recovery", "ok", "up", "closed", "cleared"]
_SEVERITIES = ["critical", "crit", "emergency", "fatal", "error", "major", "warning", "warn", "minor", "info", "notice"]
_OTHER = ["problem", "alert", "firing", "down", "triggered"]


class Options(Model):
    """Words at the beginning of a subject that say how it stands."""

    resolved: list[str] = Field(_RESOLVED, description="words that say it is over")
    firing: list[str] = Field(_OTHER, description="words that say it is not, and tell nothing else")


def parse(inbound: Inbound) -> list[Event]:
    """One event: {"subject", "text", "from", "date", "message_id"}, as the SMTP door makes of a mail."""
    mail = inbound.document
    if not isinstance(mail, dict):
        raise Usage("not a mail: no JSON object", hint='Send {"subject": "…", "text": "…"}, or mail to the SMTP door.')
    options: Options = inbound.options
    subject = line(mail.get("subject")) or line(prose(mail.get("text")).partition("\n")[0])
    if not subject:
        raise Usage("a mail without a subject and without a text")
    words, rest = _opening(subject, options)
    over = any(word in {one.casefold() for one in options.resolved} for word in words)
    status: Status = "resolved" if over else "firing"
    return [
        Event(
            key=key(inbound.source, rest.casefold()),
            key_reason="the subject without its words of status",
            title=rest,
            status=status,
            text=prose(mail.get("text")),
            severity=next((word for word in words if word in _SEVERITIES), None),
            annotations=labels({"from": mail.get("from")}),
            starts_at=moment(mail.get("date")),
            once=_once(mail),
        )
    ]


def _opening(subject: str, options: Options) -> tuple[list[str], str]:
    """The words of status that a subject begins with, and what is left: `[CRITICAL] Disk` and `RESOLVED: Disk` are `Disk`."""
    known = {word.casefold() for word in (*options.resolved, *options.firing, *_SEVERITIES)}
    found: list[str] = []
    rest = subject
    while True:
        if reply := _REPLY.match(rest):
            rest = rest[reply.end() :]
            continue
        opening = re.match(r"\s*(?:\[\s*([^\]\s:]+)\s*(?::\s*\d+\s*)?\]|\(([^)\s]+)\)|([^\s:]+)\s*[:!-])\s*", rest)
        word = next((one for one in opening.groups() if one), "").casefold() if opening else ""
        if opening is None or word not in known or not rest[opening.end() :].strip():
            return found, rest.strip()
        found.append(word)
        rest = rest[opening.end() :]


def _once(mail: dict[str, Any]) -> str | None:
    return line(mail.get("message_id"), 200) or None


_SETUP = (
    "Let the sender mail to `$NAME+TOKEN@HOST`, where HOST leads to the address of server.smtp.",
    "The subject is the alert; RESOLVED: before it means that it is over.",
)
source = Source(
    "email", "mail, by the SMTP door or as JSON with subject and text", parse, options=Options, setup=_SETUP
)
