"""Vendors' status pages in the shape of Statuspage v2: what of them is degraded, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fireline import clock
from fireline.systems import http_get
from fireline.systems.condition import Condition

PATH = "/api/v2/summary.json"
_WELL = ("operational",)
_OVER = ("resolved", "postmortem", "completed", "scheduled")
_MOST = 3  # named one by one
_MOST_KEPT = 20
_WORDS = {"none": "no trouble", "minor": "minor trouble", "major": "major trouble", "critical": "critical trouble"}


def ask(url: str, components: Sequence[str], limit: timedelta) -> Condition:
    """What the page says now. Raises NoAnswer."""
    base = url.rstrip("/")
    answer = http_get.get(base if base.endswith(".json") else f"{base}{PATH}", limit=limit)
    if answer.status != 200:  # noqa: PLR2004 - anything else is no summary
        return Condition("unknown", f"its status page answers {answer.status}")
    return read(answer.json(), components, clock.now())


def read(summary: Any, wanted: Sequence[str], now: datetime) -> Condition:
    """What a summary means for one who depends on these components, or on all of them."""
    if not isinstance(summary, dict) or not isinstance(summary.get("status"), dict):
        return Condition("unknown", "its status page speaks another language than Statuspage v2")
    components = [
        one for one in _dicts(summary.get("components")) if not one.get("group") and isinstance(one.get("status"), str)
    ]
    missing = [name for name in wanted if name.casefold() not in {_name(one).casefold() for one in components}]
    mine = [one for one in components if _counts(one, wanted)]
    degraded = [one for one in mine if one.get("status") not in _WELL]
    troubles = [one for one in _under_way(summary) if _touches(one, wanted)]
    facts = _facts(summary["status"], degraded, troubles, len(mine))
    if missing:
        return Condition("unknown", f"its status page knows no component {', '.join(missing[:_MOST])}", facts=facts)
    detail = "; ".join(f"“{_name(one)}”{_since(one, 'started_at', now)}" for one in troubles[:_MOST])
    if degraded:
        named = [f"{_name(one)}: {str(one.get('status')).replace('_', ' ')}" for one in degraded[:_MOST]]
        rest = [f"and {len(degraded) - _MOST} more"] if len(degraded) > _MOST else []
        since = detail or _since(degraded[0], "updated_at", now).removeprefix(", ")
        return Condition("ailing", "; ".join([*named, *rest]), since, facts)
    if troubles:
        return Condition("ailing", f"“{_name(troubles[0])}”", detail, facts)
    return _without_trouble(summary["status"], wanted, mine, facts)


def _without_trouble(
    status: dict[str, Any], wanted: Sequence[str], mine: Sequence[Any], facts: dict[str, Any]
) -> Condition:
    """Nothing is named; the page's own indicator counts, unless only some components do."""
    indicator = status.get("indicator")
    named = "component is" if len(mine) == 1 else "components are"
    if wanted or (indicator == "none") or (indicator is None and mine):
        return Condition("well", "no trouble is known there", f"{len(mine)} {named} operational" if mine else "", facts)
    if indicator in _WORDS or indicator == "maintenance":
        said = " ".join(str(status.get("description") or _WORDS.get(indicator, "maintenance")).split())
        return Condition("ailing", said, "", facts)
    return Condition("unknown", "its status page does not say how it is", facts=facts)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _name(one: dict[str, Any]) -> str:
    return " ".join(str(one.get("name") or "without a name").split())


def _counts(component: dict[str, Any], wanted: Sequence[str]) -> bool:
    return not wanted or _name(component).casefold() in {name.casefold() for name in wanted}


def _under_way(summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Incidents that are not over, and maintenance that has begun."""
    for one in (*_dicts(summary.get("incidents")), *_dicts(summary.get("scheduled_maintenances"))):
        if one.get("status") not in _OVER:
            yield one


def _touches(trouble: dict[str, Any], wanted: Sequence[str]) -> bool:
    """Whether it is about a component that counts; one that names none is about all."""
    about = _dicts(trouble.get("components"))
    return not about or any(_counts(one, wanted) for one in about)


def _since(one: dict[str, Any], key: str, now: datetime) -> str:
    """Since when, in UTC; the day only when it is another."""
    try:
        at = datetime.fromisoformat(str(one.get(key) or one.get("created_at"))).astimezone(UTC)
    except ValueError:
        return ""
    return f", since {at:%H:%M} UTC" if at.date() == now.astimezone(UTC).date() else f", since {at:%Y-%m-%d %H:%M} UTC"


def _facts(
    status: dict[str, Any], degraded: Sequence[dict[str, Any]], troubles: Sequence[dict[str, Any]], counted: int
) -> dict[str, Any]:
    same = ("status", "impact", "started_at", "shortlink")
    return {
        "indicator": status.get("indicator"),
        "components": counted,
        "degraded": [
            {"name": _name(one), "status": one.get("status"), "since": one.get("updated_at")}
            for one in degraded[:_MOST_KEPT]
        ],
        "incidents": [{"name": _name(one)} | {key: one.get(key) for key in same} for one in troubles[:_MOST_KEPT]],
    }
