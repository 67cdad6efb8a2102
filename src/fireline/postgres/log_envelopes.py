"""Log lines that came each in an envelope with its own time and process, from syslog or the journal, as entries. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from fireline.postgres.log_lines import Said, ahead, begins, parse

IDENT = "postgres"  # syslog_ident, where nobody has changed it
_OURS = ("postgres", "postmaster")
_HEADER = re.compile(
    r"(?:<\d{1,3}>)?(?P<when>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)"
    r" (?:\S+ )?(?P<ident>[^\s\[]+)\[(?P<pid>\d+)\]: ?(?P<text>.*)"
)
_NUMBERED = re.compile(r"\[(\d+)-(\d+)\] ?")  # of the server's message, and of its piece
_ESCAPED = (("#011", "\t"), ("#012", "\n"))  # as rsyslog writes them
_WORD = re.compile(r"\b[^\W\d_]+: {2}(?=\S)")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Letter:
    """One line as it came. severity: what its envelope says, for a server that speaks another language; or empty."""

    at: datetime
    pid: int | None
    text: str
    severity: str = ""


@dataclass
class _Entry:
    """Lines that belong together, while more of them come."""

    at: datetime
    pid: int | None
    number: str
    lines: list[str] = field(default_factory=list)


def opened(letters: Iterable[Letter], *, exact: bool) -> list[Said]:
    """The entries in the order of their beginnings; half an entry is left out.

    exact: the envelope's time goes over the one in the line, which may lack its zone.
    """
    entries: list[_Entry] = []
    growing: dict[int | None, _Entry] = {}
    for letter in letters:
        numbered = _NUMBERED.match(letter.text)
        number, piece = (numbered[1], numbered[2]) if numbered else ("", "")
        text, *more = (letter.text[numbered.end() :] if numbered else letter.text).split("\n")
        entry = growing.get(letter.pid)
        if entry is None or entry.number != number or piece == "1" or (not number and begins(text)):
            if piece == "1" and letter.severity and not begins(text):
                text = _WORD.sub(f"{letter.severity}:  ", text, count=1)
            if not begins(text):
                growing.pop(letter.pid, None)
                continue
            growing[letter.pid] = entry = _Entry(letter.at, letter.pid, number)
            entries.append(entry)
        if number and text.startswith(" ") and entry.lines:
            entry.lines[-1] += text  # a long line that was cut between two words
        else:
            entry.lines.append(text)
        entry.lines += more
    return [said for entry in entries for said in _said(entry, exact=exact)]


def _said(entry: _Entry, *, exact: bool) -> Iterator[Said]:
    for one in parse("\n".join(entry.lines), "stderr", entry.at):
        at = entry.at if exact or one.at is None else one.at
        yield replace(one, at=at, pid=one.pid or entry.pid)


def of_syslog(text: str, written: datetime, ident: str = "") -> list[Said]:
    """What a server said in a piece of a syslog file, among all that others say there.

    written: when the file was last written to; it gives the year and the zone that old headers lack.
    ident: the server's syslog_ident; without it lines count that can only be a server's.
    """
    found = [match for line in text.splitlines() if (match := _HEADER.match(line))]
    moments = [_moment(match["when"], written) for match in found]
    local = next((moment for moment in reversed(moments) if moment and moment.tzinfo is None), None)
    zone = ahead(local, written)
    letters = [
        Letter(_utc(moment, zone), int(match["pid"]), _unescaped(match["text"]))
        for match, moment in zip(found, moments, strict=True)
        if moment is not None and _ours(match, ident)
    ]
    return opened(letters, exact=False)


def first_in_syslog(text: str, written: datetime) -> datetime | None:
    """When the first line of a piece of a syslog file was written, whoever wrote it."""
    headers = (match for line in text.splitlines() if (match := _HEADER.match(line)))
    moments = [moment for match in headers if (moment := _moment(match["when"], written))]
    if not moments:
        return None
    return _utc(moments[0], ahead(moments[-1].replace(tzinfo=None), written))


def _unescaped(text: str) -> str:
    for escaped, plain in _ESCAPED:
        text = text.replace(escaped, plain)
    return text


def _ours(match: re.Match[str], ident: str) -> bool:
    if ident:
        return match["ident"] == ident
    return match["ident"].startswith(_OURS) or _NUMBERED.match(match["text"]) is not None


def _moment(when: str, written: datetime) -> datetime | None:
    """The time of a header, local where it names no zone."""
    try:
        if when[0].isdigit():
            return datetime.fromisoformat(when)
        year = written.astimezone(UTC).year
        moment = datetime.strptime(f"{year} {when}", "%Y %b %d %H:%M:%S")  # noqa: DTZ007 - the zone is found later
        return moment if moment <= written.replace(tzinfo=None) + _DAY else moment.replace(year=year - 1)
    except ValueError:  # no day of any calendar, or the 29th of February of another year
        return None


def _utc(moment: datetime, zone: timedelta) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else (moment - zone).replace(tzinfo=UTC)
