"""How something beside us is, as one answer of it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["well", "ailing", "unknown"]


@dataclass(frozen=True)
class Condition:
    """What one answer says. Nothing that could not be seen is well: it is unknown, and the title says why."""

    state: State
    title: str
    detail: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
