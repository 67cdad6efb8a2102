"""What is watched, as people ask for it: probes with their last looks, and the jobs that show signs of life."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fireline import clock
from fireline.errors import NotFound
from fireline.incident.people import Actor
from fireline.run.world import World
from fireline.settings import ProbeSettings
from fireline.store.connect import Connection, all_rows, one, queries
from fireline.systems import http_get

Q = queries("fireline.detect")

MOST_HOURS = 24 * 8
NEWEST = 20
_POINTS = 200  # of a curve
_INNER = ("lease", "lease_until")


def list_probes(conn: Connection, actor: Actor, world: World) -> list[dict[str, Any]]:
    """Every probe with its state, since when, and what its newest look saw, how fast, and how late it was."""
    del actor
    rows = {row["name"]: row for row in all_rows(conn, Q["probes"])}
    return [_view(rows.get(name, {}), name, probe) for name, probe in sorted(world.settings.probes.items())]


def show_probe(conn: Connection, actor: Actor, world: World, *, probe: str, hours: int = 24) -> dict[str, Any]:
    """A probe with its newest looks one by one, and those of the last hours in slices of time."""
    del actor
    settings = world.settings.probes.get(probe)
    if settings is None:
        known = ", ".join(sorted(world.settings.probes)) or "none"
        raise NotFound(f"no probe {probe[:60]!r}", hint=f"There are: {known}.")
    length = timedelta(hours=min(max(hours, 1), MOST_HOURS))
    slices = {"since": clock.now() - length, "width": length.total_seconds() / _POINTS}
    return _view(one(conn, Q["probe"], name=probe) or {}, probe, settings) | {
        "hours": length // timedelta(hours=1),
        "results": all_rows(conn, Q["newest_probe_results"], name=probe, limit=NEWEST),
        "history": all_rows(conn, Q["probe_results"], name=probe, **slices),
    }


def list_beats(conn: Connection, actor: Actor) -> list[dict[str, Any]]:
    """Every job that shows signs of life: its state, when it was last heard, and until when it must be heard again."""
    del actor
    rows = all_rows(conn, Q["beats"])
    inner = ("name", "rid", "period", "grace")
    spans = [{f"{name}_seconds": row[name].total_seconds() for name in ("period", "grace")} for row in rows]
    kept = [{name: value for name, value in row.items() if name not in inner} for row in rows]
    return [{"beat": row["name"], **one_, **span} for row, one_, span in zip(rows, kept, spans, strict=True)]


def _view(row: dict[str, Any], name: str, probe: ProbeSettings) -> dict[str, Any]:
    empty = dict.fromkeys(("since", "seen", "checked_at", "ms", "late_ms", "due_at"))
    kept = {key: value for key, value in row.items() if key not in ("name", *_INNER)}
    blank = {"kind": probe.kind, "state": "new", "failures": 0, "successes": 0, "title": "", "detail": ""}
    asked = probe.url or probe.statuspage
    rule = {"fires_after": probe.failures, "over_after": probe.recoveries, "every_seconds": probe.every.total_seconds()}
    what = http_get.shown(asked) if asked else probe.tcp or probe.target
    return {"probe": name, "what": what, **empty, **blank, **kept, **rule}
