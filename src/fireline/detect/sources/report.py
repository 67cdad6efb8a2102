"""A person's report, in words: from the report form, the command line, or a form on somebody's own page."""

from __future__ import annotations

from fireline.detect.source import Event, Inbound, Source, key, line, prose
from fireline.errors import Usage


def parse(inbound: Inbound) -> list[Event]:
    """One event: title (or the first line of text), text, severity, target, reporter."""
    fields = inbound.document
    if not isinstance(fields, dict):
        raise Usage("a report is a JSON object or a form", hint='Send at least {"title": "what is wrong"}.')
    text = prose(fields.get("text"))
    return [
        event(
            inbound.source,
            title=line(fields.get("title")) or line(text.partition("\n")[0]),
            text=text,
            severity=line(fields.get("severity"), 60),
            target=line(fields.get("target"), 100),
            reporter=line(fields.get("reporter"), 200),
        )
    ]


def event(source: str, *, title: str, text: str, severity: str, target: str, reporter: str) -> Event:
    """A report as an event: two reports in the same words about the same target are one alert. Raises Usage."""
    if not line(title):
        raise Usage("a report without a title", hint="Say in one line what is wrong.")
    return Event(
        key=key(source, line(target, 100), line(title).casefold()),
        key_reason="target and title of the report",
        title=line(title),
        text=prose(text),
        severity=line(severity, 60) or None,
        target=line(target, 100) or None,
        annotations={"reporter": reporter} if reporter else {},
    )


_SETUP = ("Let a form post title, text, severity and target to `$URL/in/$NAME?token=TOKEN`.",)
source = Source("report", "a person's report: title, text, severity, target, reporter", parse, setup=_SETUP)
