"""What an alert means here: which target it is about, how severe it is, which incident it belongs to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.detect.source import Event
from fireline.errors import Usage
from fireline.incident.scheme import Scheme, Severity
from fireline.settings import Settings

# The words senders use, by the rank they mean; a runbook with fewer severities is counted from its end.
_WORDS = (
    frozenset(["critical", "crit", "emergency", "emerg", "page", "disaster", "fatal", "panic", "blocker"]),
    frozenset(["error", "err", "high", "major", "alert", "severe", "urgent"]),
    frozenset(["warning", "warn", "medium", "average", "minor", "moderate"]),
    frozenset(["info", "informational", "information", "notice", "low", "debug", "none", "ok", "trivial"]),
)


@dataclass(frozen=True)
class Ruling:
    """What was decided for one alert, each with its reason. `fault`: why the rules could not decide."""

    target: str | None
    severity: Severity
    severity_reason: str
    group_key: str
    group_reason: str
    fault: str | None = None


def rule(settings: Settings, scheme: Scheme, source: str, event: Event) -> Ruling:
    """Decide; a rule that breaks lets the alert through, by itself and as severe as can be, and says so."""
    try:
        severity, reason = severity_of(scheme, event)
        return Ruling(
            target=target_of(settings, source, event),
            severity=severity,
            severity_reason=reason,
            group_key=event.group_key or event.key,
            group_reason=event.group_reason if event.group_key else "the alert itself",
        )
    except Exception as broken:  # noqa: BLE001 - whatever is wrong with a rule, the alert must reach somebody
        return let_through(scheme, event, f"{type(broken).__name__}: {broken}")


def let_through(scheme: Scheme, event: Event, fault: str) -> Ruling:
    """The ruling for an alert that could not be judged."""
    why = "the highest, as the rules could not judge it"
    return Ruling(None, scheme.severities[0], why, event.key, "by itself, as the rules could not judge it", fault)


def target_of(settings: Settings, source: str, event: Event) -> str | None:
    """The target named by the sender, else one whose labels the alert has, else the source's, else the only one."""
    if event.target in settings.targets:
        return event.target
    for name, one in settings.targets.items():
        if one.labels and one.labels.items() <= event.labels.items():
            return name
    configured = settings.sources.get(source)
    if configured is not None and configured.target is not None:
        return configured.target
    return next(iter(settings.targets)) if len(settings.targets) == 1 else None


def severity_of(scheme: Scheme, event: Event) -> tuple[Severity, str]:
    """What the alert's words mean by the runbook's criteria when that is grave, else what its sender calls it.

    The criteria never make an alert smaller than its sender does, except from the first severity to the second:
    critical is what most senders call whatever should wake somebody.
    """
    complaint = f"{event.title}\n{event.text}"
    word = (event.severity or "").strip()
    called = _as_called(scheme, word)
    if called is not None and word.casefold() == called[0].id.casefold():
        return called
    suggestion = scheme.suggest(complaint) if scheme.suggest else None
    if suggestion is not None:
        fitting = scheme.find(suggestion[0])
        if called is None or fitting.rank <= max(called[0].rank, 1):
            return fitting, suggestion[1]
    return called or scheme.judge(complaint)


def _as_called(scheme: Scheme, word: str) -> tuple[Severity, str] | None:
    """The severity that the sender's own word stands for; None when it says none, or one that is not known."""
    if not word:
        return None
    reason = f"the sender says “{word}”"
    try:
        return scheme.find(word), reason
    except Usage:
        rank = next((rank for rank, words in enumerate(_WORDS) if word.casefold() in words), None)
    if rank is None:
        return None
    last = len(scheme.severities) - 1
    return scheme.severities[last if rank == len(_WORDS) - 1 else min(rank, last)], reason
