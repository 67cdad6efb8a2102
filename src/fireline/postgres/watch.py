"""What a long piece of work hears and tells: that it is not wanted any more, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from fireline.postgres.cancel import Cancel

Unit = Literal["bytes", "rows", "tables", "files", "parts"]
_APART_SECONDS = 0.5  # between two tellings: people read them, and each is a row


@dataclass(frozen=True)
class Progress:
    """How far a piece of work is. done and total are in `unit`; a total that is not known is None."""

    doing: str  # "copying rows into app_restored"
    done: int
    total: int | None
    unit: Unit
    seconds_left: float | None = None  # estimated from the pace so far

    @property
    def share(self) -> float | None:
        """0 to 1; None while the total is not known."""
        return None if not self.total else min(self.done / self.total, 1.0)

    def json(self) -> dict[str, Any]:
        """As stored with the attempt."""
        left = None if self.seconds_left is None else round(self.seconds_left, 1)
        return {"doing": self.doing, "done": self.done, "total": self.total, "unit": self.unit, "seconds_left": left}


def _nobody(_: Progress) -> None:
    """Nobody looks."""


@dataclass
class Watch:
    """Handed to what takes long. cancel: asked from another thread; told: where progress goes, at most twice a second."""

    cancel: Cancel = field(default_factory=Cancel)
    told: Callable[[Progress], None] = _nobody
    _last: float = 0.0
    _doing: str = ""
    _began: float = 0.0

    def tell(self, doing: str, done: int, total: int | None, unit: Unit) -> None:
        """Say how far it is; the time left is reckoned from the pace since `doing` began. Cheap to call often."""
        now = time.monotonic()
        if doing != self._doing:
            self._doing, self._began = doing, now
        elif now - self._last < _APART_SECONDS:
            return
        self._last = now
        spent = now - self._began
        left = spent / done * (total - done) if total and done and spent and total >= done else None
        self.told(Progress(doing, done, total, unit, left))
