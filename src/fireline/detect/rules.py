"""What an alert means here: which target it is about, how severe it is, which incident it belongs to. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from fireline.detect.source import Event
from fireline.errors import SettingsError, Usage
from fireline.incident import matching
from fireline.incident.contacts import QUIET_RANK
from fireline.incident.scheme import Scheme, Severity
from fireline.settings import RuleSettings, Settings

# The words senders use, by the rank they mean; a runbook with fewer severities is counted from its end.
_WORDS = (
    frozenset(["critical", "crit", "emergency", "emerg", "page", "disaster", "fatal", "panic", "blocker"]),
    frozenset(["error", "err", "high", "major", "alert", "severe", "urgent"]),
    frozenset(["warning", "warn", "medium", "average", "minor", "moderate"]),
    frozenset(["info", "informational", "information", "notice", "low", "debug", "none", "ok", "trivial"]),
)


@dataclass(frozen=True)
class Ruling:
    """What was decided for one alert, each with its reason. `fault`: why the rules could not decide.

    window: how long alerts of this group join an incident; None: as the policy says.
    """

    target: str | None
    severity: Severity
    severity_reason: str
    group_key: str
    group_reason: str
    fault: str | None = None
    window: timedelta | None = None
    target_reason: str = ""  # only where a rule of the settings decided


def rule(settings: Settings, scheme: Scheme, source: str, event: Event) -> Ruling:
    """Decide; a rule that breaks lets the alert through, by itself and as severe as can be, and says so."""
    try:
        target = target_of(settings, source, event)
        decided = decisions(settings, fields_of(source, target, event))
        by_rule = decided.get("target")
        severity, reason = _severity(scheme, event, decided)
        ruling = Ruling(
            target=by_rule[0] if by_rule else target,
            severity=severity,
            severity_reason=reason,
            group_key=event.group_key or event.key,
            group_reason=event.group_reason if event.group_key else "the alert itself",
            target_reason=by_rule[1] if by_rule else "",
        )
        return _grouped(ruling, fields_of(source, ruling.target, event), decided.get("group"))
    except Exception as broken:  # noqa: BLE001 - whatever is wrong with a rule, the alert must reach somebody
        return let_through(scheme, event, f"{type(broken).__name__}: {broken}")


def fields_of(source: str, target: str | None, event: Event) -> dict[str, str]:
    """What the matchers of rules see of an alert: the same that those of silences see."""
    own = {"source": source, "target": target, "severity": event.severity, "title": event.title, "key": event.key}
    return matching.fields_of({**own, "labels": event.labels})


def decisions(settings: Settings, fields: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    """What the rules of the settings decide for an alert with these fields, each with the name of the rule.

    severity, target, page, and group: (labels, window). The first rule that has a thing decides it.
    """
    found: dict[str, tuple[Any, str]] = {}
    for number, one in enumerate(settings.rules, 1):
        if not matching.fits(matching.matchers(one.match), fields):
            continue
        group = (tuple(one.group_by), one.window) if one.group_by else None
        for name, value in (("severity", one.severity), ("target", one.target), ("group", group), ("page", one.page)):
            if value is not None:
                found.setdefault(name, (value, name_of(number, one)))
    return found


def name_of(number: int, rule: RuleSettings) -> str:
    """How a rule is called: as it calls itself, else by its place, counted from 1."""
    return f"rule “{rule.name}”" if rule.name else f"rule {number}"


def check(settings: Settings) -> None:
    """Read all rules; SettingsError names the first that can not be used, so that none breaks at night."""
    for number, one in enumerate(settings.rules, 1):
        called = f"rules: {name_of(number, one)}"
        try:
            matching.matchers(one.match)
        except Usage as wrong:
            raise SettingsError(f"{called}: {wrong.message}", hint=wrong.hint) from None
        if one.target is not None and one.target not in settings.targets:
            near = get_close_matches(one.target, settings.targets, n=1, cutoff=0.4)
            also = f"did you mean {near[0]}?" if near else f"there are: {', '.join(settings.targets) or 'none'}"
            raise SettingsError(f"{called}: no target {one.target!r}; {also}")


def _severity(scheme: Scheme, event: Event, decided: Mapping[str, tuple[Any, str]]) -> tuple[Severity, str]:
    """As a rule says, else as the alert does; what is to wake nobody is the last, ranked as what wakes nobody."""
    if not decided.get("page", (True, ""))[0]:
        last = scheme.severities[-1]
        return replace(last, rank=max(last.rank, QUIET_RANK)), f"{decided['page'][1]}: recorded, and wakes nobody"
    if "severity" in decided:
        wanted, by = decided["severity"]
        return scheme.find(wanted), f"{by} says so"
    return severity_of(scheme, event)


def _grouped(ruling: Ruling, fields: Mapping[str, str], group: tuple[Any, str] | None) -> Ruling:
    """With the group that a rule makes; an alert that has none of the labels stays in its own."""
    if group is None:
        return ruling
    (names, window), by = group
    values = {name: fields.get(name, "") for name in names}
    if not any(values.values()):
        return replace(ruling, group_reason=f"{ruling.group_reason}, as it has no label that {by} groups by")
    said = ", ".join(f"{name} {value or 'absent'}" for name, value in values.items())
    return replace(ruling, group_key=f"by:{json.dumps(values)}", group_reason=f"{said} ({by})", window=window)


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
