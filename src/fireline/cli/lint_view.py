"""How a lint is drawn for a person: by file, what was found, and then how much that is and what was not checked."""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from fireline.cli.lint_findings import draw_findings
from fireline.cli.terminal import clean, console, say

if TYPE_CHECKING:
    from fireline.runbook.lint.checking import Coverage, Finding, Report
    from fireline.runbook.lint.fixing import Fixed
    from fireline.runbook.lint.rule import Unknown

_WIDEST = 120  # of text that is read
_HOW = {
    "no target was named": "; name one by --target, --dsn or --migrations"
}  # what to do about it, at a command line
_NAMED = 12  # lines named of what was not checked


def draw(report: Report) -> None:
    """The findings of each file, and the summary."""
    by_file: dict[str, list[Finding]] = defaultdict(list)
    for one in report.findings:
        by_file[one.file].append(one)
    for file, findings in by_file.items():
        _head(file)
        draw_findings(findings, report.texts.get(file, "").split("\n"))
    if by_file:
        say("")
    say(*summary(report))


def _head(file: str) -> None:
    from rich.text import Text

    console().print(Text(" ".join(clean(file).split("\n")), style="bold underline"))  # one line, whatever its name


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
        told.append(f"Not checked: {_many(len(found), 'place')}{where}: {clean(why)}{_HOW.get(why, '')}")
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
    theirs = "the file itself is as it was" if len(fixed.written) == 1 else "the files themselves are as they were"
    say(f"{fixed.mended} of {_many(fixed.found, 'finding')} mended in {places}; {theirs}.", "")
    draw(fixed.left)


def draw_rules(rows: list[dict[str, Any]]) -> None:
    """Every rule in a line, by what it looks at."""
    from fireline.cli.tables import columns

    table = columns("rule", "area", "severity", "needs", "what it finds", whole=("rule",))
    for row in sorted(rows, key=lambda one: (one["area"], one["id"])):
        table.add_row(row["id"], row["area"], _severities(row), ", ".join(row["needs"]) or "-", row["summary"])
    console().print(table)


def _severities(row: dict[str, Any]) -> str:
    return f"{row['severity']}, at times {' or '.join(row['at_times'])}" if row["at_times"] else str(row["severity"])


def draw_rule(row: dict[str, Any]) -> None:
    """A rule with its reason and its example."""
    from rich.text import Text

    console().print(Text(row["id"], style="bold") + Text(f"  {_severities(row)}, {row['area']}", style="dim"))
    say("", *_wrapped(row["summary"]), "", *_wrapped(row["why"]))
    for title, text in (("Found:", row["bad"]), ("Right:", row["good"])):
        say("", title, textwrap.indent(text.strip(), "    "))
    say("", f"To leave one as it is: <!-- fireline: ignore {row['id']} --> in the line above.")


def _wrapped(text: str) -> list[str]:
    width = min(console().width, _WIDEST)
    return [line for part in text.strip().split("\n") for line in textwrap.wrap(part, width) or [""]]
