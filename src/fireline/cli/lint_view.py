"""How a lint is drawn for a person: by file, each finding with its line and what to do, and then what was not checked."""

from __future__ import annotations

import re
import textwrap
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from fireline import redact
from fireline.cli.terminal import EMBER, clean, console, say

if TYPE_CHECKING:
    from rich.text import Text

    from fireline.runbook.lint.checking import Coverage, Finding, Report
    from fireline.runbook.lint.fixing import Fixed
    from fireline.runbook.lint.rule import Unknown

_STYLES = {"error": "bold red", "warning": EMBER, "info": "dim"}
_INDENT = 10  # what belongs to a finding stands below its message
_WIDEST = 120  # of a line of the file that is shown
_NAMED = 12  # lines named of what was not checked


def draw(report: Report) -> None:
    """The findings of each file, and the summary."""
    by_file: dict[str, list[Finding]] = defaultdict(list)
    for one in report.findings:
        by_file[one.file].append(one)
    for file, findings in by_file.items():
        _head(file)
        lines = report.texts.get(file, "").split("\n")
        for one in findings:
            _draw_finding(one, lines)
    if by_file:
        say("")
    say(*summary(report))


def _head(file: str) -> None:
    from rich.text import Text

    console().print(Text(clean(file), style="bold underline"))


def _draw_finding(one: Finding, lines: list[str]) -> None:
    from rich.text import Text

    place = f"{one.line}:{one.column}"
    head = Text(f"{place:>8}  ", style="dim") + Text(one.severity, style=_STYLES[one.severity])
    head += Text(f"  {one.rule}", style="dim")
    console().print(head, soft_wrap=True)
    _below(Text(clean(one.message)))
    shown = _shown(one, lines)
    if shown is not None:
        for line in shown:
            console().print(Text(f"{'':{_INDENT}}  {line}", style="cyan"), no_wrap=True, crop=False, overflow="ignore")
    seen = (one.message, lines[one.line - 1] if shown else "")
    if one.evidence and not any(one.evidence in text for text in seen):
        _below(Text(clean(one.evidence), style="dim"))
    if one.suggestion:
        _below(Text(f"→ {clean(one.suggestion)}"))


def _below(text: Text) -> None:
    from rich.padding import Padding

    console().print(Padding(text, (0, 0, 0, _INDENT), expand=False))


def _shown(one: Finding, lines: list[str]) -> tuple[str, ...] | None:
    """The line itself with a mark below its place, where the rule names one; else the message says enough."""
    if one.column <= 1 or one.line > len(lines):
        return None
    line = str(clean(lines[one.line - 1])).replace("\t", " ").rstrip()
    if (
        without := redact.text(line)
    ) != line:  # a secret stands in it: it goes into no log, and the place would not fit
        return (without.strip(),)
    away = len(line) - len(line.lstrip())
    at = one.column - 1
    if not away <= at < len(line):
        return None
    room = min(_WIDEST, max(console().width - _INDENT - 4, 20))
    if len(line) - away > room:  # a long line: what stands around the place
        away = max(away, min(at - room // 3, len(line) - room))
    word = re.match(r"[\w./$:-]+", line[at:])
    mark = "^" * max(1, len(word[0]) if word else 1)
    return line[away : away + room], (" " * (at - away) + mark)[:room]


def summary(report: Report) -> list[str]:
    """How much was found, how far the files are covered, and a line for each reason why something was not checked."""
    count = Counter(one.severity for one in report.findings)
    told = [_many(count[kind], kind) for kind in ("error", "warning") if count[kind]]
    told += [f"{count['info']} for information"] if count["info"] else []
    mended = sum(bool(one.edits) for one in report.findings)
    parts = [f"{', '.join(told) or 'No finding'} in {_many(len(report.files), 'file')}."]
    parts += [f"{report.ignored} more ignored by comments."] if report.ignored else []
    parts += [f"{mended} can be mended in a copy: --fix-to DIR."] if mended else []
    parts += (
        [f"{_many(len(report.passed_over), 'file')} without a procedure passed over."] if report.passed_over else []
    )
    return [" ".join(parts), _covered(report.coverage), *_unchecked(report.unknown)]


def _covered(one: Coverage) -> str:
    drilled = f"{one.drilled} drilled" + (f", the undo of {one.undo_proven} proven" if one.undo_proven else "")
    return (
        f"{_many(one.steps, 'step')}: {one.manual} by hand, {one.runnable} runnable; "
        f"{one.checked} of the runnable fully checked, {drilled}."
    )


def _unchecked(unknown: tuple[tuple[str, Unknown], ...]) -> list[str]:
    """One line for each reason, with where; what is not known is never left out."""
    by_reason: dict[str, list[tuple[str, Unknown]]] = defaultdict(list)
    for file, one in unknown:
        by_reason[one.why].append((file, one))
    told = []
    for why, found in by_reason.items():
        lines = list(dict.fromkeys(one.line for _, one in found))
        alone = len({file for file, _ in found}) == 1
        where = f" (line {', '.join(map(str, lines[:_NAMED]))}{' …' if len(lines) > _NAMED else ''})" if alone else ""
        told.append(f"Not checked: {_many(len(found), 'place')}{where}: {clean(why)}")
    return told


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def draw_fixed(fixed: Fixed) -> None:
    """The difference, where the copies are, and what is left for a person."""
    from rich.text import Text

    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in str(clean(fixed.diff)).splitlines():
        console().print(Text(line, style=styles.get(line[:1], "")), soft_wrap=True)
    say("") if fixed.diff else None
    places = ", ".join(map(str, fixed.written))
    say(f"{_many(fixed.mended, 'finding')} mended in {places}; the files themselves are as they were.", "")
    draw(fixed.left)


def draw_rules(rows: list[dict[str, Any]]) -> None:
    """Every rule in a line, by what it looks at."""
    from fireline.cli.tables import columns

    table = columns("rule", "area", "severity", "needs", "what it finds", whole=("rule",))
    for row in sorted(rows, key=lambda one: (one["area"], one["id"])):
        table.add_row(row["id"], row["area"], row["severity"], ", ".join(row["needs"]) or "-", row["summary"])
    console().print(table)


def draw_rule(row: dict[str, Any]) -> None:
    """A rule with its reason and its example."""
    from rich.text import Text

    console().print(Text(row["id"], style="bold") + Text(f"  {row['severity']}, {row['area']}", style="dim"))
    say("", *_wrapped(row["summary"]), "", *_wrapped(row["why"]))
    for title, text in (("Found:", row["bad"]), ("Right:", row["good"])):
        say("", title, textwrap.indent(text.strip(), "    "))
    say("", f"To leave one as it is: <!-- fireline: ignore {row['id']} --> in the line above.")


def _wrapped(text: str) -> list[str]:
    width = min(console().width, _WIDEST)
    return [line for part in text.strip().split("\n") for line in textwrap.wrap(part, width) or [""]]
