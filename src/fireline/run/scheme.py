"""The severity scheme of the team: the runbook's severities, the settings' calendar and the targets, as plain values."""

from __future__ import annotations

import re
from datetime import timedelta

import structlog

from fireline.errors import RunbookError
from fireline.incident import calendar
from fireline.incident.clocks import Response
from fireline.incident.scheme import Scheme, Severity
from fireline.run.world import World
from fireline.runbook import criteria
from fireline.runbook.document import Severity as Written

log = structlog.get_logger()

_WITHIN_HOURS = re.compile(r"within\s+(\d+)\s*(hours?|days?|h|d)\b", re.IGNORECASE)


def scheme_of(world: World) -> Scheme:
    """Built anew for every use: the runbook may have changed.

    A runbook that can not be read tonight keeps nobody from an incident: the usual severities stand in for its own.
    """
    try:
        written = world.severities()
        phrase, within = _postmortem(world)
    except RunbookError as unreadable:
        log.warning("the runbook can not be read, so the usual severities are used", error=str(unreadable))
        written, phrase, within = criteria.DEFAULT_SEVERITIES, "", None
    return Scheme(
        severities=tuple(_severity(one) for one in written),
        policy=world.settings.policy,
        calendar=calendar.of(world.settings.calendar),
        postmortem_phrase=phrase,
        postmortem_within=within,
        suggest=lambda complaint: _suggest(written, complaint),
        targets=tuple(sorted(world.targets)),
    )


def _severity(written: Written) -> Severity:
    read = criteria.response_time(written.response or "")
    phrase = written.response or ""
    return Severity(written.id, written.name, written.rank, phrase, Response(read.kind, read.duration, read.business))


def _suggest(written: tuple[Written, ...], complaint: str) -> tuple[str, str] | None:
    chosen = criteria.choose_severity(written, complaint)
    return (chosen[0].id, chosen[1]) if chosen else None


def _postmortem(world: World) -> tuple[str, timedelta | None]:
    """When the runbook wants the post-mortem: "Schedule within 48 hours" of a checklist that names it."""
    for runbook in world.runbooks():
        for checklist in runbook.checklists:
            if "mortem" not in checklist.title.casefold():
                continue
            found = _WITHIN_HOURS.search(checklist.text)
            if found:
                unit = 24 if found[2].lower().startswith("d") else 1
                return found[0], timedelta(hours=int(found[1]) * unit)
    return "", None
