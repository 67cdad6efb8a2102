"""What somebody has set, written and granted, made up: settings with their origins, statements with their figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fireline.assess.checks.files import Files, Line
from fireline.assess.checks.settings import Override, Setting, Settings
from fireline.assess.checks.statements import Statement, Statements
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.snapshot import LockReading
from tests.assess.refusals import AT, SERVER, session, snap

__all__ = ["AT", "SERVER", "base", "files", "look", "settings", "statement", "statements", "tables"]


def base(name: str, value: str, unit: str | None = None, source: str = "default", **more: Any) -> Setting:
    known: dict[str, Any] = {"default": None, "reset": value, "file": None, "line": None, "pending_restart": False}
    return Setting(name, value, unit, source, **{**known, **more})


def settings(*overrides: tuple[str | None, str | None, str, str], **values: Setting) -> Settings:
    """Overrides as database, role, name, value."""
    return Settings(dict(values), tuple(Override(*one) for one in overrides))


def files(*lines: Line) -> Files:
    return Files(tuple(lines))


def statement(text: str, *, user: str = "web", calls: int = 10, mean_ms: float = 1.0, **more: Any) -> Statement:
    made = Statement(hash(text) % 10**9, 10, 5, user, "shop", None, text, calls, calls * mean_ms, mean_ms=mean_ms)
    return replace(made, **more)


def statements(*known: Statement) -> Statements:
    return Statements(AT, known, sum(one.total_ms for one in known), sum(one.calls for one in known))


def tables(*known: Table) -> Tables:
    return Tables(known)


def look(symptom: str = "", **readings: Any) -> Any:
    """A look at a server where nobody waits for anybody."""
    return snap(symptom, **{"locks": LockReading(AT, {7: session(7)}), "settings": settings(), **readings})
