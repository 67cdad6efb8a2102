"""What a call wants from somebody at a terminal: plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """What a call wants from a terminal. hard: also when something is piped into it."""

    asks: str  # "asks which update to roll back to"
    instead: str = ""
    hard: bool = False
