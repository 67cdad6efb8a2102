"""How the findings of one file are drawn: what has one cause stands together, and no line is shown twice running."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fireline import redact
from fireline.cli.terminal import EMBER, clean, console

if TYPE_CHECKING:
    from rich.text import Text

    from fireline.runbook.lint.checking import Finding

_STYLES = {"error": "bold red", "warning": EMBER, "info": "dim"}
_INDENT = 10  # what belongs to a finding stands below its message
_WIDEST = 120  # of a line of the file that is shown
_NAMED = 12  # places named of one and the same finding
# What is marked of a line: what stands within quotes or brackets as a whole, else a word.
_MARKED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|<[^<>]*>|[\w./$:-]+")


def draw_findings(findings: Sequence[Finding], lines: list[str]) -> None:
    """All of a file, in the order of the first of each cause. lines: of the file as it was read."""
    before: tuple[int, int] | None = None
    for group in together(findings):
        before = _draw(group, lines, before)


def together(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of one rule that ask for the same thing to be done, in the order of the first of them."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.rule, one.severity, one.suggestion or one.message), []).append(one)
    return list(groups.values())


def _draw(group: list[Finding], lines: list[str], before: tuple[int, int] | None) -> tuple[int, int]:
    """A rule once, what it says of each place, and what to do; returns the place that was shown last."""
    by_message: dict[str, list[Finding]] = {}
    for one in group:
        by_message.setdefault(one.message, []).append(one)
    told: set[str] = set()
    for number, (message, ones) in enumerate(by_message.items()):
        _draw_message(ones[0], message, _also(ones[1:]), head=number == 0)
        shown = _shown(ones[0], lines)
        place = (ones[0].line, ones[0].column)
        for line in shown if shown is not None and place != before else ():
            _whole(f"{'':{_INDENT}}  {line}", "cyan")
        seen = (message, lines[ones[0].line - 1] if shown else "", *told)
        if ones[0].evidence and not any(ones[0].evidence in text for text in seen):
            _below(_text(clean(ones[0].evidence), "dim"))
        told.add(ones[0].evidence)
        before = place
    if group[0].suggestion:
        _below(_text(f"→ {clean(group[0].suggestion)}"))
    assert before is not None
    return before


def _draw_message(one: Finding, message: str, also: str, *, head: bool) -> None:
    place = _text(f"{f'{one.line}:{one.column}':>{_INDENT - 2}}  ", "dim")
    if head:
        console().print(
            place + _text(one.severity, _STYLES[one.severity]) + _text(f"  {one.rule}{also}", "dim"), soft_wrap=True
        )
        _below(_text(clean(message)))
    else:
        console().print(place + _text(clean(message)) + _text(also, "dim"), soft_wrap=True)


def _also(others: Sequence[Finding]) -> str:
    if not others:
        return ""
    named = ", ".join(f"{one.line}:{one.column}" for one in others[:_NAMED])
    return f"  also {named}{' …' if len(others) > _NAMED else ''}"


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _below(text: Text) -> None:
    from rich.padding import Padding

    console().print(Padding(text, (0, 0, 0, _INDENT), expand=False))


def _whole(line: str, style: str) -> None:
    console().print(_text(line, style), no_wrap=True, crop=False, overflow="ignore")


def _shown(one: Finding, lines: list[str]) -> tuple[str, ...] | None:
    """The line itself with a mark below its place, where the rule names one; else the message says enough."""
    if one.column <= 1 or one.line > len(lines):
        return None
    line = str(clean(lines[one.line - 1])).replace("\t", " ").rstrip()
    if redact.text(line) != line:  # a secret stands in it: it goes into no log, and the place would not fit
        return (redact.text(line).strip(),)
    away = len(line) - len(line.lstrip())
    at = one.column - 1
    if not away <= at < len(line):
        return None
    room = min(_WIDEST, max(console().width - _INDENT - 4, 20))
    if len(line) - away > room:  # a long line: what stands around the place
        away = max(away, min(at - room // 3, len(line) - room))
    word = _MARKED.match(line, at)
    mark = "^" * max(1, len(word[0]) if word else 1)
    return line[away : away + room], (" " * (at - away) + mark)[:room]
