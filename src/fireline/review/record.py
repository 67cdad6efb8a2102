"""The facts that a post-mortem is drafted from, gathered from the rows of an incident; the text is made in `draft`."""

from __future__ import annotations

from typing import Any

from fireline.incident.scheme import Scheme
from fireline.incident.timeline import read
from fireline.incident.view import incident_view
from fireline.store.connect import Connection, all_rows, queries

Q = queries("fireline.review")


def facts(conn: Connection, incident: int, scheme: Scheme | None = None) -> dict[str, Any]:
    """What `incident_view` knows, with the whole timeline (`events`) and where each step stands (`places`)."""
    shown = incident_view(conn, incident, scheme)
    shown["events"] = [
        {key: event[key] for key in ("seq", "at", "kind", "actor", "payload")} for event in read(conn, incident)
    ]
    shown["places"] = [
        {"run": step["run"], "position": step["position"], "file": step["file"] or "", "line": _line(step)}
        for step in all_rows(conn, Q["steps"], incident=incident)
    ]
    return shown


def _line(step: dict[str, Any]) -> int | None:
    """The line of the command, else of the step; a remedy called by hand stands nowhere."""
    lines = (step["action_line"], step["line"])
    return next((int(line) for line in lines if line and line.isdigit() and int(line)), None)
