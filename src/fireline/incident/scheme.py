"""The severity scheme as an incident needs it: plain values that `app` fills from the runbook and the settings.

The runbook stands above this room, so nothing here knows Markdown; operations that need it take `scheme` from `app`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches

from fireline.errors import Usage
from fireline.incident.calendar import BusinessCalendar
from fireline.incident.clocks import Deadline, Response, due
from fireline.settings import Policy


@dataclass(frozen=True)
class Severity:
    """One severity: how it is called, how high it ranks (0 is the first), and how soon somebody must respond."""

    id: str
    name: str
    rank: int
    phrase: str = ""  # the runbook's own words: Within 1 hour
    response: Response = field(default_factory=lambda: Response("none"))


USUAL = (
    Severity("P0", "Critical", 0, "Immediate", Response("immediate")),
    Severity("P1", "High", 1, "Within 1 hour", Response("duration", timedelta(hours=1))),
    Severity("P2", "Medium", 2, "Within 4 hours", Response("duration", timedelta(hours=4))),
    Severity("P3", "Low", 3, "Next business day", Response("business_day")),
)


@dataclass(frozen=True)
class Scheme:
    """All severities with what turns their phrases into times; what a runbook names none of has a usual value.

    suggest: reads a complaint and names the severity it speaks of, with the reason, or None.
    targets: names of the targets there are; None when that is not known.
    """

    severities: tuple[Severity, ...] = USUAL
    policy: Policy = field(default_factory=Policy)
    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    postmortem_phrase: str = ""  # the runbook's own words: within 48 hours
    postmortem_within: timedelta | None = None  # None: as the policy says
    suggest: Callable[[str], tuple[str, str] | None] | None = None
    targets: tuple[str, ...] | None = None

    def known(self, wanted: str) -> Severity | None:
        """The severity with this id or name, whatever the case, or None."""
        folded = wanted.strip().casefold()
        return next((s for s in self.severities if folded in (s.id.casefold(), s.name.casefold())), None)

    def find(self, wanted: str) -> Severity:
        """The severity with this id or name, whatever the case; Usage lists those there are."""
        severity = self.known(wanted)
        if severity:
            return severity
        known = ", ".join(f"{severity.id} ({severity.name})" for severity in self.severities)
        raise Usage(f"there is no severity {wanted.strip()[:40]!r}", hint=f"There are {known}.")

    def judge(self, complaint: str) -> tuple[Severity, str]:
        """The severity of a complaint nobody has judged, and why; the second highest when its words say nothing."""
        suggestion = self.suggest(complaint) if self.suggest else None
        if suggestion:
            return self.find(suggestion[0]), suggestion[1]
        return self.severities[min(1, len(self.severities) - 1)], "assumed until somebody judges it"

    def name_of(self, severity: str) -> str:
        """The name of a severity, or its id when the scheme has changed since."""
        known = self.known(severity)
        return known.name if known else severity

    def target(self, wanted: str | None) -> str | None:
        """The target that is meant: the one named, else the only one there is; Usage when it is not known."""
        if not wanted:
            return self.targets[0] if self.targets and len(self.targets) == 1 else None
        if self.targets is not None and wanted not in self.targets:
            near = get_close_matches(wanted, self.targets, n=1, cutoff=0.4)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(self.targets) or 'none'}."
            raise Usage(f"there is no target {wanted[:60]!r}", hint=hint)
        return wanted

    def response(self, severity: Severity, start: datetime) -> Deadline | None:
        """The response clock of this severity: its phrase, when it is at risk, when it is due; None without one."""
        times = due(start, severity.response, self.policy, self.calendar)
        return Deadline(severity.phrase or severity.name, *times) if times else None

    def postmortem(self, start: datetime) -> Deadline:
        """The clock of the post-mortem of an incident resolved at `start`."""
        within = self.postmortem_within or self.policy.postmortem_within
        phrase = self.postmortem_phrase or f"Within {within / timedelta(hours=1):g} hours"
        return Deadline(phrase, start + within * 3 / 4, start + within)
