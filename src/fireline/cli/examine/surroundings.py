"""What is asked beside the database when an incident opens: its settings are right, and it answers now; it is only read."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.app.context import targets
from fireline.assess.around import look_around
from fireline.assess.surrounding import Circumstances, Read, faults
from fireline.cli.examine.line import Line, fail, ok, warn
from fireline.incident.story import beside
from fireline.settings import Settings


def look(settings: Settings) -> Iterator[Line]:
    """Faults of the settings, then each answer, then what each team's own query for users reads."""
    for fault in faults(settings):
        yield fail("surroundings", fault, "See docs/configuration.md.")
    if settings.surroundings:
        for read in look_around(settings, Circumstances()):
            yield from _one(read)
    for name, target in targets(settings).items():
        query = settings.targets[name].users_affected
        if query:
            known = Circumstances(target=target, users_query=query, assessed=True)
            for read in look_around(settings, known):
                if read.source == "users" and read.seen:
                    yield from _query(f"target {name}", read)


def _one(read: Read) -> Iterator[Line]:
    if read.seen is None or read.name == "settings":
        return
    about = f"around {beside({'name': read.name, 'source': read.source})}"
    said = ", ".join(part for part in (read.seen.title, read.seen.detail) if part)
    if read.seen.state == "well":
        yield ok(about, said)
    else:
        yield warn(about, said, f"Check [surroundings.{read.source}], unless it is in trouble just now.")


def _query(about: str, read: Read) -> Iterator[Line]:
    assert read.seen is not None
    if read.seen.state == "unknown":
        yield fail(about, read.seen.title, "Mend users_affected: one SELECT whose first column is a whole number.")
    else:
        yield ok(about, f"users_affected reads {read.seen.facts['estimate']}")
