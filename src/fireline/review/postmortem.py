"""The post-mortem of an incident: drafted from the record, then a person's. A draft never overwrites what a person wrote."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow

from fireline import clock, redact
from fireline.errors import Denied, Refused
from fireline.incident import clocks, row
from fireline.incident.people import FIRELINE, Actor, need
from fireline.incident.row import TOP_RANK, name
from fireline.incident.scheme import Scheme
from fireline.incident.timeline import tell
from fireline.review.draft import draft
from fireline.review.record import Q, facts
from fireline.store.connect import Connection, all_rows, one

__all__ = ["draft", "draft_missing", "edit_postmortem", "facts", "postmortem", "state"]

LONGEST = 500_000  # characters


def postmortem(conn: Connection, actor: Actor, *, incident: str, scheme: Scheme | None = None) -> dict[str, Any]:
    """The post-mortem of an incident; drafted from the record, and drafted anew until a person has worked on it.

    Once a person has, `draft` holds what the record would say now, to compare with.
    """
    found = row.get(conn, incident)
    kept = one(conn, Q["postmortem"], incident=found["id"])
    if kept is None or kept["edited_at"] is None:
        kept = _drafted(conn, found["id"], scheme)
    fresh = _text(conn, found["id"], scheme) if kept["edited_at"] else None
    return _shown(found, kept) | {"draft": fresh}


def edit_postmortem(
    conn: Connection, actor: Actor, *, incident: str, markdown: str, revision: int | None = None
) -> dict[str, Any]:
    """Save the post-mortem as a person wrote it, or confirm the draft by saving it unchanged.

    With the revision that was read, a save over somebody else's is refused.
    """
    need(actor, "responder")
    if not actor.is_person:
        raise Denied("only a person can write a post-mortem")
    text = row.words(markdown.replace("\r\n", "\n"), "the post-mortem", limit=LONGEST) + "\n"
    found = row.lock(conn, incident)
    kept = one(conn, Q["postmortem"], incident=found["id"])
    if kept and revision is not None and kept["revision"] != revision:
        who = kept["edited_by"] or "Fireline"
        raise Refused(
            f"{who} has saved another version meanwhile", hint="Read it again and put your changes into that one."
        )
    same = kept is not None and kept["markdown"] == text
    if kept and same and _seen(found, kept):
        return _shown(found, kept) | {"changed": False, "text": "Nothing has changed."}
    now = clock.now()
    saved = one(conn, Q["edit"], incident=found["id"], markdown=text, by=actor.name, now=now)
    assert saved is not None
    tell(conn, found["id"], "postmortem_edited", actor, by=actor.name)
    clocks.stop(conn, found["id"], "postmortem", now)
    said = "confirmed as it stands" if same else "saved"
    return _shown(found, saved) | {"changed": True, "text": f"The post-mortem of {name(found['id'])} is {said}."}


def state(conn: Connection, incident: int, *, required: bool) -> dict[str, Any]:
    """Whether there is a post-mortem, whether there must be one, and whether a person has worked on the whole of it."""
    kept = one(conn, Q["postmortem"], incident=incident)
    seen = kept is not None and _seen(row.get(conn, incident), kept)
    return {"exists": kept is not None, "required": required, "seen": seen, "edited_by": kept and kept["edited_by"]}


def _seen(found: DictRow, kept: DictRow) -> bool:
    """Whether a person has worked on it since the incident was resolved: before, nobody knew how it ends."""
    edited, resolved = kept["edited_at"], found["resolved_at"]
    return edited is not None and (resolved is None or edited >= resolved)


def draft_missing(conn: Connection, scheme: Scheme | None = None) -> list[str]:
    """Draft for every resolved incident that needs a post-mortem and has none: a duty; the names of those drafted."""
    missing = [found["id"] for found in all_rows(conn, Q["undrafted"], rank=TOP_RANK)]
    for incident in missing:
        _drafted(conn, incident, scheme)
    return [name(incident) for incident in missing]


def _drafted(conn: Connection, incident: int, scheme: Scheme | None) -> DictRow:
    """The draft as the record stands now, kept; under the incident's lock, so that a person who saves is not undone."""
    row.lock(conn, incident)
    kept = one(conn, Q["postmortem"], incident=incident)
    if kept and kept["edited_at"]:
        return kept
    text = _text(conn, incident, scheme)
    if kept and kept["markdown"] == text:
        return kept
    made = one(conn, Q["redraft" if kept else "add_draft"], incident=incident, markdown=text, now=clock.now())
    assert made is not None
    if kept is None:
        tell(conn, incident, "postmortem_drafted", FIRELINE)
    return made


def _text(conn: Connection, incident: int, scheme: Scheme | None) -> str:
    return redact.text(draft(facts(conn, incident, scheme)))


def _shown(found: DictRow, kept: DictRow) -> dict[str, Any]:
    same = ("markdown", "drafted_at", "edited_at", "edited_by", "revision")
    required = found["severity_rank"] <= TOP_RANK and found["status"] != "dismissed"
    return {"incident": name(found["id"]), "required": required} | {key: kept[key] for key in same}
