"""Operations that need more than one room: a procedure compiled and started, a remedy called by hand, a step replaced."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from fireline import shelf
from fireline.errors import NotFound, Refused, Usage
from fireline.incident import row as incident_row
from fireline.incident import timeline
from fireline.incident.people import Actor
from fireline.incident.transitions import advance_status
from fireline.run import line, person
from fireline.run import start as starting
from fireline.run.remedy import Hand, Remedy
from fireline.run.world import World
from fireline.store.connect import Connection


def start(
    conn: Connection,
    actor: Actor,
    world: World,
    *,
    procedure: str,
    incident: str | None = None,
    target: str | None = None,
) -> dict[str, Any]:
    """Start a procedure of the runbook, for an incident or by itself."""
    row = incident_row.lock(conn, incident) if incident else None
    place = target or (row["target"] if row else None)
    if place is not None or len(world.targets) == 1:
        place = world.target(place).name
    run = starting.start_procedure(
        conn,
        world,
        actor,
        procedure=procedure,
        incident=row["id"] if row else None,
        target=place,
        reason=f"started by {actor.name}",
    )
    return {"run": run, "incident": incident_row.name(row["id"]) if row else None, "target": place}


def choose(conn: Connection, actor: Actor, world: World, *, incident: str, procedure: str) -> dict[str, Any]:
    """Choose another procedure for an incident than the one that matched; a run that goes on is left to be cancelled."""
    row = incident_row.lock(conn, incident)
    _, found = world.procedure(procedure)
    timeline.tell(conn, row["id"], "chosen", actor, procedure=found.id, title=found.title)
    return start(conn, actor, world, procedure=found.id, incident=str(row["id"]))


def run_remedy(
    conn: Connection,
    actor: Actor,
    world: World,
    *,
    phase: str,
    remedy: str,
    target: str | None = None,
    arguments: dict[str, str | int | float | bool | list[str]] | None = None,
    incident: str | None = None,
) -> dict[str, Any]:
    """Call a remedy by hand: the same plan, approval, ledger and undo as in a runbook, with or without an incident."""
    found = _remedy(world, phase, remedy)
    told = _told(arguments)
    line.build(found, told)
    place = world.target(target).name
    words = line.words(found, told, place)
    row = incident_row.lock(conn, incident) if incident else None
    command, title = shlex.join(words), found.summary.rstrip(".")
    step = {
        "key": f"{phase}-{remedy}",
        "title": title,
        "kind": "remedy",
        "line": 0,
        "text": "",
        "action": {"language": "bash", "command": command, "line": 0, "attributes": {}, "lines": [words]},
        "alternatives": [],
        "parameters": [],
        "target": place,
    }
    compiled = {
        "id": f"{phase}/{remedy}",
        "title": title,
        "file": "",
        "revision": "",
        "line": 0,
        "folder": None,
        "steps": [step],
    }
    run = starting.start(
        conn,
        actor,
        compiled=compiled,
        incident=row["id"] if row else None,
        target=place,
        reason=f"called by {actor.name}",
    )
    if row is not None:
        advance_status(conn, row["id"], "containing" if phase == "contain" else "resolving", actor)
    return {"run": run, "step": 1, "command": command}


def plan_remedy(
    conn: Connection,
    actor: Actor,
    world: World,
    *,
    phase: str,
    remedy: str,
    target: str | None = None,
    arguments: dict[str, str | int | float | bool | list[str]] | None = None,
) -> dict[str, Any]:
    """What a remedy would do, without doing it."""
    del conn
    found = _remedy(world, phase, remedy)
    hand = Hand(world.settings, world.store, actor=actor.name)
    plan = found.plan(world.target(target), line.build(found, _told(arguments)), hand)
    return {
        "summary": plan.summary,
        "effect": plan.effect,
        "undo": plan.undo,
        "level": plan.level,
        "captured": plan.captured,
    }


def list_remedies(conn: Connection, actor: Actor, world: World) -> list[dict[str, Any]]:
    """Every remedy there is, with what it is told."""
    del conn, actor
    return [
        {
            "phase": remedy.phase,
            "remedy": remedy.name,
            "summary": remedy.summary,
            "level": remedy.level,
            "undo": remedy.undo is not None,
            "argument": remedy.argument,
            "usage": line.usage(remedy),
            "short": remedy.short,
            "parameters": {name: field.description or "" for name, field in remedy.parameters.model_fields.items()},
        }
        for remedy in world.remedies.values()
    ]


def _remedy(world: World, phase: str, remedy: str) -> Remedy:
    found = world.remedies.get(f"{phase} {remedy}")
    if found is None:
        raise NotFound(f"no remedy {phase} {remedy}", hint=f"There are: {', '.join(sorted(world.remedies))}.")
    return found


def _told(arguments: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a remedy is told, without the fields of a form that were left empty."""
    return {name: value for name, value in (arguments or {}).items() if value not in ("", [])}


def replace(
    conn: Connection,
    actor: Actor,
    world: World,
    *,
    run: int,
    step: int,
    command: str,
    language: str | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """Put another command in a step's place: SQL, bash, or a `fireline …` line; it needs an approval of its own."""
    if not command.strip():
        raise Usage("the new command is empty")
    compile_command = shelf.load("fireline.runbook.compile:compile_command")
    content = compile_command(command, language)
    for words in content.get("lines") or []:
        if line.read(words, world.remedies) is None:
            raise Refused(f"{shlex.join(words)} is not a remedy", hint="`fireline remedy list` shows them.")
    return person.replace(conn, actor, run=run, step=step, content=content, reason=reason)


def list_runbooks(conn: Connection, actor: Actor, world: World) -> list[dict[str, Any]]:
    """The team's runbooks as they stand in their files."""
    del conn, actor
    return [
        {
            "path": runbook.path,
            "revision": runbook.revision,
            "title": runbook.title,
            "procedures": len(runbook.procedures),
            "severities": [one.id for one in runbook.severities],
            "placeholders": len(runbook.placeholders),
            "notes": list(runbook.notes),
        }
        for runbook in world.runbooks()
    ]


def list_procedures(conn: Connection, actor: Actor, world: World) -> list[dict[str, Any]]:
    """Every procedure that can be started."""
    del conn, actor
    return [
        {
            "id": procedure.id,
            "title": procedure.title,
            "group": procedure.group,
            "symptoms": list(procedure.symptoms),
            "steps": [{"title": step.title, "kind": step.kind} for step in procedure.steps],
            "file": runbook.path,
            "line": procedure.line,
        }
        for runbook, procedure in world.procedures()
    ]
