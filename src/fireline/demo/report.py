"""What the demo has seen, fact by fact; a fact that was not observed stays false or absent, and is named as unmet."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from fireline.errors import FirelineError

T = TypeVar("T")


class Broken(FirelineError):
    """the story can not go on"""

    exit_code = 1


@dataclass
class Report:
    """The one JSON object that `fireline demo --json` prints."""

    incident: dict[str, Any] | None = None  # id, status, severity
    alert_id: int | None = None
    hung_before: bool = False
    cause: str | None = None
    procedure: str | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    terminated_pid: int | None = None
    gone: bool = False
    answered_after: float | None = None  # seconds from the approval until a query on assignments came back
    migrated: bool = False
    probe: str | None = None
    told_after: float | None = None  # seconds from the alert until the contact was told
    traffic: dict[str, Any] = field(default_factory=dict)
    timeline: list[dict[str, Any]] = field(default_factory=list)
    postmortem: str = ""
    lint: dict[str, Any] = field(
        default_factory=dict
    )  # errors, mended: counts; left: what is wrong with the improved copy
    seconds: float = 0.0
    url: str = ""
    unmet: list[str] = field(default_factory=list)

    def expect(self, true: object, sentence: str) -> bool:
        """Note that something of the story did not come true."""
        if not true:
            self.unmet.append(sentence)
        return bool(true)

    def need(self, found: T | None, sentence: str) -> T:
        """The same for what the rest of the story stands on: it is returned, or Broken is raised."""
        if not found:
            self.unmet.append(sentence)
            raise Broken(sentence)
        return found

    def take(self, view: dict[str, Any]) -> None:
        """The incident, its steps and its timeline as Fireline shows them now."""
        severity = view["severity"]
        self.incident = {"id": view["id"], "status": view["status"], "severity": severity["id"]}
        self.timeline = [{key: one[key] for key in ("at", "kind", "actor", "text")} for one in view["timeline"]]
        self.steps = [_step(step) for run in view["runs"] for step in run["steps"]]

    def json(self) -> dict[str, Any]:
        """As printed."""
        return asdict(self)


def _step(step: dict[str, Any]) -> dict[str, Any]:
    outcome = outcome_of(step)
    return {
        "position": step["position"],
        "title": step["title"],
        "state": step["state"],
        "level": step["level"],
        "command": step["command"],
        "replaced": step["replaced"],
        "summary": outcome.get("summary"),
        "error": outcome.get("error"),
    }


def outcome_of(step: dict[str, Any]) -> dict[str, Any]:
    """What came of a step at its last attempt."""
    last = step["attempts"][-1]["outcome"] if step["attempts"] else None
    return last or step.get("outcome") or {}
