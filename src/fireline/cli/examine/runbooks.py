"""The runbooks: they parse, their procedures can be found, nothing in them is still to be filled in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from fireline.cli.examine.line import Line, fail, ok, warn
from fireline.errors import FirelineError
from fireline.runbook.document import Runbook
from fireline.settings import Settings

_SHOWN = 5


def look(settings: Settings) -> Iterator[Line]:
    """Each file in turn."""
    from fireline.runbook.parse import read

    if not settings.runbook.files:
        yield warn("runbook", "none is configured: incidents open, but no procedure starts", "Set runbook.files.")
    for file in settings.runbook.files:
        try:
            book = read(settings.path(file))
        except FirelineError as wrong:
            yield fail(f"runbook {file.name}", wrong.message, wrong.hint or "")
            continue
        yield from _one(f"runbook {file.name}", book)
        yield from _linted(f"runbook {file.name}", file, settings)


def _linted(about: str, file: Path, settings: Settings) -> Iterator[Line]:
    """How much a lint finds in it without a target; programs are asked nothing."""
    from fireline.app.linting import Asked, known_world
    from fireline.runbook.lint.checking import check

    path = settings.path(file)
    with known_world(Asked((path,), learn=False, path=settings.runbook.path)) as known:
        found = Counter(one.severity for one in check([path], known).findings)
    errors, warnings = found["error"], found["warning"]
    if errors or warnings:
        yield warn(
            about,
            f"the lint finds {errors} error{'s' * (errors != 1)} and {warnings} warning{'s' * (warnings != 1)}",
            f"See them with `fireline lint {file} --target NAME`.",
        )


def _one(about: str, book: Runbook) -> Iterator[Line]:
    severities = ", ".join(one.id for one in book.severities) or "the usual ones"
    count = len(book.procedures)
    yield (ok if count else fail)(about, f"{count} procedures, severities: {severities}")
    silent = [one.title for one in book.procedures if not one.symptoms]
    if silent:
        yield warn(
            about, f"without symptoms, so started only by hand: {_some(silent)}", "Add a list under **Symptoms:**."
        )
    dead = [f"line {one.line} {one.href}" for one in book.links if one.resolves is False]
    if dead:
        yield warn(about, f"links that lead nowhere: {_some(dead)}", "Mend or remove them.")
    if book.placeholders:
        unfilled = _some([f"line {one.line} {one.text}" for one in book.placeholders])
        yield warn(about, f"still to be filled in: {unfilled}", "A step that needs one asks for it on the night.")
    for note in book.notes:
        yield warn(about, note)


def _some(texts: list[str]) -> str:
    rest = len(texts) - _SHOWN
    return "; ".join(texts[:_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")
