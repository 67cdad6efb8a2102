"""Pick the procedure that fits an incident, say why, and start it when it fits well enough; otherwise ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fireline.errors import FirelineError
from fireline.incident import findings, timeline
from fireline.incident import row as incident_row
from fireline.incident.people import FIRELINE
from fireline.run.ledger import Q
from fireline.run.start import start_procedure
from fireline.run.world import World
from fireline.store.connect import Connection, all_rows

SHOWN = 3  # candidates told on the timeline


@dataclass(frozen=True)
class Candidate:
    """A procedure with how well it fits and the words that say so."""

    procedure: str
    title: str
    score: float
    words: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """As it stands on the timeline."""
        return {
            "procedure": self.procedure,
            "title": self.title,
            "score": round(self.score, 2),
            "words": list(self.words),
        }


def candidates(world: World, complaint: str, cause: str | None) -> list[Candidate]:
    """The procedures of the team's runbooks that fit a complaint at all, best first."""
    from fireline.runbook.match import match

    procedures = [procedure for _, procedure in world.procedures()]
    return [
        Candidate(found.procedure.id, found.procedure.title, found.score, tuple(found.words))
        for found in match(procedures, complaint, cause)
        if found.score > 0
    ]


def respond(world: World, incident: int) -> int | None:
    """Match and start, once per opening of the incident; the run, or None when a person must choose.

    Raises nothing for what the runbook is like: a runbook that can not be read is told on the timeline.
    """
    with world.store.transaction() as conn:
        row = incident_row.lock(conn, incident)
        if row["status"] in incident_row.ENDED or not _owed(conn, incident):
            return None
        newest = findings.newest(conn, incident)
        complaint = f"{row['title']}\n{row['symptom']}"
        try:
            found = candidates(world, complaint, newest["cause"] if newest else None)
        except FirelineError as unreadable:
            timeline.tell(conn, incident, "no_match", FIRELINE, best=None, score=0, error=str(unreadable))
            return None
        shown = [one.json() for one in found[:SHOWN]]
        threshold = world.settings.runbook.threshold
        if not found or found[0].score < threshold:
            best = shown[0] if shown else {"title": None, "score": 0}
            timeline.tell(
                conn, incident, "no_match", FIRELINE, best=best["title"], score=best["score"], candidates=shown
            )
            return None
        timeline.tell(conn, incident, "matched", FIRELINE, **shown[0], alternatives=shown[1:], candidates=shown)
        words = ", ".join(f"“{word}”" for word in found[0].words)
        return start_procedure(
            conn,
            world,
            FIRELINE,
            procedure=found[0].procedure,
            incident=incident,
            target=row["target"],
            reason=f"matched {words} (score {found[0].score:.2f})",
        )


def unanswered(conn: Connection) -> list[int]:
    """Open incidents for which no procedure was looked for since they were opened."""
    return [row["id"] for row in all_rows(conn, Q["unanswered"])]


def _owed(conn: Connection, incident: int) -> bool:
    """Whether nobody has matched since the incident was opened or reopened, and nothing runs for it."""
    kinds = [event["kind"] for event in timeline.read(conn, incident)]
    last_open = max((at for at, kind in enumerate(kinds) if kind in ("opened", "reopened")), default=0)
    if any(kind in ("matched", "no_match", "chosen", "run_started") for kind in kinds[last_open:]):
        return False
    return not all_rows(conn, Q["runs_going"], incident=incident)
