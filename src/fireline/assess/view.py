"""One look that a person takes at one side of a target: facts and tables, as the readings have them; no judgement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from fireline import shelf
from fireline.assess.look import checks, look
from fireline.assess.snapshot import Asked, Check, Snapshot
from fireline.errors import NotFound
from fireline.postgres.connect import Target

PAGE = 8192  # bytes of a page, as nearly every server is built
MOST = 25  # rows of a table


@dataclass(frozen=True)
class Section:
    """One table. A column's unit is the end of its name: _bytes, _s, _ms, _at, _share (0 to 1)."""

    title: str
    rows: tuple[dict[str, Any], ...]
    note: str = ""


@dataclass(frozen=True)
class Shown:
    """What a view shows: a few facts in words, then tables."""

    facts: tuple[str, ...] = ()
    sections: tuple[Section, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class View:
    """One file on the shelf of views; pure. needs: the checks it can not do without; also: those it can."""

    name: str
    summary: str
    needs: tuple[str, ...]
    show: Callable[[Snapshot], Shown]
    also: tuple[str, ...] = ()


def views() -> dict[str, View]:
    """Every view on its shelf, by name."""
    return shelf.read("fireline.assess.views", "view")


def named(names: Iterable[str] | None) -> list[View]:
    """The views of these names; all of them without names. NotFound says which there are."""
    known = views()
    if names is None:
        return list(known.values())
    chosen = list(names)
    for name in chosen:
        if name not in known:
            raise NotFound(f"no check {name!r}", hint=f"There are: {', '.join(known)}.")
    return [known[name] for name in chosen]


def examine(target: Target, chosen: Iterable[View], asked: Asked | None = None) -> dict[str, Any]:
    """Look at a target once for all these views, and show each. Raises TargetUnavailable."""
    wanted = list(chosen)
    snapshot = look(target, _checks(wanted, checks()), asked=asked)
    return {
        "target": snapshot.target,
        "server_version": snapshot.server.version if snapshot.server else None,
        "taken_at": snapshot.taken_at,
        "duration_ms": snapshot.ms,
        "checks": [told(view, snapshot) for view in wanted],
    }


def _checks(wanted: list[View], known: Mapping[str, Check]) -> dict[str, Check]:
    """What is read for these views: also what other looks take only when something asks for it."""
    names = {name for view in wanted for name in (*view.needs, *view.also)}
    return {
        key: replace(check, wanted=_always) if check.wanted else check
        for key, check in known.items()
        if check.name in names
    }


def _always(sofar: Snapshot) -> bool:
    del sofar
    return True


def told(view: View, snapshot: Snapshot) -> dict[str, Any]:
    """One view of a snapshot as JSON data; what could not be read is told, and never shown as nothing there."""
    asked = (*view.needs, *view.also)
    unknown = [{"check": name, "because": snapshot.unknown[name]} for name in asked if name in snapshot.unknown]
    missing = [name for name in view.needs if name not in snapshot.readings]
    shown = Shown() if missing else view.show(snapshot)
    return {"check": view.name, "summary": view.summary, **asdict(shown), "unknown": unknown}
