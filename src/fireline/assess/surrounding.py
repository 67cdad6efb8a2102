"""The contract of a surrounding: something beside the database that is asked when an incident opens. The shelf is `surroundings/`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from fireline import shelf
from fireline.postgres.connect import Target
from fireline.settings import Model, Settings

SHELF = "fireline.assess.surroundings"
LIMIT = timedelta(seconds=5)  # for one answer, unless the settings say otherwise

State = Literal["well", "ailing", "unknown"]


@dataclass(frozen=True)
class Seen:
    """What one answer says. Nothing that could not be seen is well: it is unknown, and the title says why.

    news: the timeline tells of it again when this changes; the title unless said otherwise. What goes up and down all
    the time is in `detail` and `facts`.
    """

    state: State
    title: str
    detail: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    news: str = ""


@dataclass(frozen=True)
class Read:
    """An answer, and whose it is; seen is None when there is nothing to say, and what was said before stands."""

    source: str
    name: str
    seen: Seen | None
    ms: int = 0


@dataclass(frozen=True)
class Circumstances:
    """What is known of an incident when one looks around.

    said: what its alerts say, as JSON. finding: the newest root cause, as kept. assessed: the target was looked at.
    before: what is kept of earlier looks around, by source and name. read: what was just read, for those that come behind.
    """

    target: Target | None = None
    users_query: str | None = None
    said: tuple[Any, ...] = ()
    finding: dict[str, Any] | None = None
    assessed: bool = False
    before: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    read: tuple[Read, ...] = ()


@dataclass(frozen=True)
class Question:
    """One thing to ask, in a thread of its own; raises FirelineError when there is no answer.

    name: what it is about, as people call it. key: the same for all incidents that would ask the same.
    limit: after that nobody waits for it any more; what it asks with has its own, no longer.
    """

    name: str
    ask: Callable[[], Seen | None]
    limit: timedelta = LIMIT
    key: Hashable = None


@dataclass(frozen=True)
class Surrounding:
    """One file on the shelf.

    settings: the model of its table `[surroundings.<name>]`, or, with an `example` of a name, of each table in that.
    questions: given its settings (by name, with `example`) and the circumstances; quick, asks nobody anything.
    behind: asked when all others have answered, and may build on that.
    """

    name: str
    summary: str
    settings: type[Model]
    questions: Callable[[Any, Circumstances], Sequence[Question]]
    example: str = ""
    behind: bool = False


def surroundings() -> dict[str, Surrounding]:
    """Every surrounding on the shelf."""
    found: dict[str, Surrounding] = shelf.read(SHELF, "surrounding")
    return found


def own_settings(source: Surrounding, settings: Settings) -> Any:
    """The settings of one source: a model, or models by name; None where it needs some and has none.

    Raises ValidationError.
    """
    given = settings.surroundings.get(source.name)
    if source.example:
        tables: dict[str, Model] = TypeAdapter(dict[str, source.settings]).validate_python(given or {})  # type: ignore[name-defined]
        return {name: _placed(own, settings) for name, own in tables.items()}
    if given is None and any(one.is_required() for one in source.settings.model_fields.values()):
        return None
    return _placed(source.settings.model_validate(given or {}), settings)


def _placed(own: Model, settings: Settings) -> Model:
    """The same with its relative paths made absolute, from the folder of the settings file."""
    return own.model_copy(update={name: settings.path(value) for name, value in own if isinstance(value, Path)})


def faults(settings: Settings) -> Iterator[str]:
    """What is wrong with the settings of the surroundings, each in one line; for `doctor`."""
    known = surroundings()
    for name in sorted(settings.surroundings.keys() - known.keys()):
        yield f"surroundings.{name}: there is no such source; there are: {', '.join(known)}"
    for source in known.values():
        try:
            own_settings(source, settings)
        except ValidationError as wrong:
            yield explain(source, wrong)


def explain(source: Surrounding, wrong: ValidationError) -> str:
    """The first fault in one line, without the value: it may be a secret."""
    fault = wrong.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"surroundings.{source.name}.{place}: {fault['msg'].removeprefix('Value error, ')}"
