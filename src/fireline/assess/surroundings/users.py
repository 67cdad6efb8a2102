"""An estimate of the users affected, with what it rests on: Sentry, a query of the team's own, or the sessions that suffer.

It is a proposal; only a person writes down how many are affected.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import Field

from fireline.assess.surrounding import LIMIT, Circumstances, Question, Seen, Surrounding
from fireline.errors import FirelineError
from fireline.postgres.connect import PATIENCE_SECONDS, Target
from fireline.postgres.statement import read
from fireline.settings import Duration, Model

NAME = "users affected"
_LOCK_LIMIT = timedelta(milliseconds=100)
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event_type = 'Lock'"
_BASES = ("sentry", "query", "sessions")  # the better one first
_MOST = 2_000_000_000  # what a person could write down


class UsersSettings(Model):
    """How the users affected are estimated; a query of your own is `users_affected` in `[targets.main]`."""

    timeout: Duration = Field(LIMIT, description="of the team's own query")


@dataclass(frozen=True)
class _Estimate:
    basis: str
    number: int
    because: str
    unit: str = "users"


def questions(settings: UsersSettings, circumstances: Circumstances) -> list[Question]:
    """One, when there is anything it could rest on."""
    limit = settings.timeout + timedelta(seconds=2 * PATIENCE_SECONDS)  # it may have to connect twice
    return [Question(NAME, lambda: ask(settings, circumstances), limit)]


def ask(settings: UsersSettings, circumstances: Circumstances) -> Seen | None:
    """The best estimate there is now; None when what was said before is better, or nothing is known."""
    notes: list[str] = []
    found = next(_estimates(settings, circumstances, notes), None)
    before = circumstances.before.get(("users", NAME), {}).get("facts", {})
    if found is None:
        return Seen("unknown", notes[0]) if notes and not before.get("estimate") else None
    if before.get("basis") in _BASES[: _BASES.index(found.basis)]:
        return None  # it rested on something better, which does not answer at the moment
    peak = max(found.number, before.get("estimate", 0) if before.get("basis") == found.basis else 0)
    return _told(found, peak, notes)


def _estimates(settings: UsersSettings, circumstances: Circumstances, notes: list[str]) -> Iterator[_Estimate]:
    """From the best basis to the weakest; what does not answer is noted."""
    yield from _of_sentry(circumstances)
    if (
        circumstances.users_query and circumstances.target and circumstances.assessed
    ):  # the look for the cause goes first
        because = _left_alone(circumstances)
        try:
            if because:
                notes.append(f"the team's query was not asked: {because}")
            else:
                number = _asked(circumstances.target, circumstances.users_query, settings.timeout)
                yield _Estimate("query", number, f"the team's own query on {circumstances.target.name}")
        except FirelineError as failed:
            notes.append(f"the team's query did not answer: {failed.message}")
    yield from _of_sessions(circumstances)


def _of_sentry(circumstances: Circumstances) -> Iterator[_Estimate]:
    """The issue with most users; Sentry says 0 where it is told of none."""
    told = [one.seen.facts for one in circumstances.read if one.source == "sentry" and one.seen and one.seen.facts]
    most = max(told, key=lambda facts: int(facts["users"]), default=None)
    if most and most["users"]:
        yield _Estimate("sentry", most["users"], f"Sentry counts them on {most['short_id'] or 'its issue'}")


def _left_alone(circumstances: Circumstances) -> str:
    """Why the target is not asked now; empty when it may be."""
    finding = circumstances.finding or {}
    if finding.get("probe_state") != "green" and finding.get("family") == "connections":
        return "the target has trouble letting anybody in"
    return ""


def _asked(target: Target, query: str, limit: timedelta) -> int:
    """The number that a query reads: proved to only read, limited like any read. Raises FirelineError."""
    found = read(target, query, timeout=limit, lock_timeout=_LOCK_LIMIT, most_rows=1)
    value = found.rows[0][0] if found.rows and found.rows[0] else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise FirelineError("it reads no number of users: the first column of its first row counts")
    return value


def _of_sessions(circumstances: Circumstances) -> Iterator[_Estimate]:
    """Who waits now, else what the look for the cause has seen, as long as the cause is there."""
    finding = circumstances.finding
    if finding is None or finding["probe_state"] == "green":
        return
    seen: dict[str, Any] = finding["verdict"].get("suffering") or {}
    waiting, refused = int(seen.get("waiting", 0)), int(seen.get("refused", 0))
    if waiting and circumstances.target:
        with suppress(FirelineError):  # what was seen stands
            waiting = _asked(circumstances.target, _WAITING, _LOCK_LIMIT * 20)
    if waiting:
        wait = "waits" if waiting == 1 else "wait"
        yield _Estimate("sessions", waiting, f"so many {wait} for another on {finding['target']}", "sessions")
    elif refused:
        because = f"the log of {finding['target']} tells of so many that were refused"
        yield _Estimate("sessions", refused, because, "connections")


def _told(found: _Estimate, peak: int, notes: list[str]) -> Seen:
    least = found.unit != "users"
    facts = {
        "estimate": peak,
        "now": found.number,
        "unit": found.unit,
        "at_least": least,
        "basis": found.basis,
        "because": found.because,
        "notes": notes,
    }
    unit = found.unit if peak != 1 else found.unit.removesuffix("s")
    detail = "; ".join([found.because, *([f"{found.number} now"] if found.number != peak else []), *notes])
    news = f"{found.basis} {peak.bit_length()}"  # told again when it has about doubled
    return Seen("ailing" if peak else "well", f"{'at least' if least else 'about'} {peak} {unit}", detail, facts, news)


surrounding = Surrounding(
    "users", "an estimate of the users affected, and what it rests on", UsersSettings, questions, behind=True
)
