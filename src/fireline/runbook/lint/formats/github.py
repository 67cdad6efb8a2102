"""A lint as GitHub's workflow commands: each finding is shown at its line of the pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fireline.runbook.lint.checking import Finding, Report
from fireline.runbook.lint.formats.place import relative

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def lines(report: Report, root: Path) -> Iterator[str]:
    """One command for each finding, and one for each thing that nobody could judge; files as seen from `root`."""
    for one in report.findings:
        yield _finding(one, root)
    for file, open_ in report.unknown:
        place = {"file": relative(file, root), "line": str(open_.line), "title": "not checked"}
        yield _command("notice", place, f"{open_.what}: {open_.why}" if open_.what else open_.why)


def _finding(one: Finding, root: Path) -> str:
    place = {"file": relative(one.file, root), "line": str(one.line), "col": str(one.column), "title": one.rule}
    return _command(
        _COMMANDS[one.severity], place, "\n".join(filter(None, (one.message, one.evidence, one.suggestion)))
    )


def _command(name: str, properties: dict[str, str], message: str) -> str:
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(message)}"


def _data(text: str) -> str:
    """As the runner wants a message: it would end at a line's end."""
    shown = text.encode("utf-8", "replace").decode().replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", shown)  # it is shown at a terminal as well


def _property(text: str) -> str:
    """As the runner wants a value: a colon or a comma would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
