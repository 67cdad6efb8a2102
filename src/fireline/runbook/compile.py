"""A procedure as plain data for the engine: what is run, with which values; stored with its run by its hash.

A compiled step is a `document.Step` as JSON, and beside it
- `statements` of a SQL action (see `sqltext.Statement`), `lines` of a remedy (the words of each `fireline …` line);
- in every action: `command` is what is run (placeholders of bash have become "$NAME"), `source` what the author wrote,
  `asks` the names of the parameters that this command needs: of several ways, only one is gone.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fireline.errors import Usage
from fireline.runbook import shell, sqltext
from fireline.runbook.document import Action, Language, Parameter, Procedure, Runbook, Step
from fireline.runbook.reading import fence

_ACTIONS = ("action", "verify", "undo", "before")


def compile_procedure(runbook: Runbook, procedure: Procedure) -> dict[str, Any]:
    """The procedure as JSON data: neither an upgrade of Fireline nor an edit of the file changes what a run does."""
    return {
        "id": procedure.id,
        "title": procedure.title,
        "group": procedure.group,
        "file": runbook.path,
        "revision": runbook.revision,
        "line": procedure.line,
        "folder": str(Path(runbook.path).resolve().parent),
        "text": procedure.text,
        "stop_when": list(procedure.stop_when),
        "steps": [compile_step(step) for step in procedure.steps],
    }


def content_hash(compiled: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of something compiled, hex."""
    text = json.dumps(compiled, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def compile_step(step: Step) -> dict[str, Any]:
    """One step as JSON data."""
    made: dict[str, Any] = _json(asdict(step))
    for name in _ACTIONS:
        action: Action | None = getattr(step, name)
        made[name] = _action(action, step.parameters) if action else None
    made["alternatives"] = [_action(one, step.parameters) for one in step.alternatives]
    for name in ("statements", "lines"):
        if made["action"] and made["action"].get(name):
            made[name] = made["action"][name]
    return made


def compile_command(command: str, language: str | None = None) -> dict[str, Any]:
    """A command that a person typed in a step's place, as the content of a step; Usage when it can not be run as such.

    Without a language it is a `fireline …` line, or SQL when PostgreSQL's grammar knows it, else bash.
    """
    spoken = _language(command, language)
    action = Action(spoken, command, 1)
    parameters, unbound = fence.parameters(action, {})
    if unbound:
        raise Usage(f"nothing can be filled in for {unbound[0]} there", hint="Write the value itself.")
    if spoken == "sql":
        script = sqltext.read(command)
        if script.by_hand or not script.statements:
            raise Usage(
                script.by_hand or "there is no SQL in it", hint="Give a statement that the server itself knows."
            )
    made = _action(action, tuple(parameters))
    kind = "remedy" if made.get("lines") else spoken
    content = {"kind": kind, "action": made, "lines": None, "statements": None}
    content |= {name: made[name] for name in ("lines", "statements") if made.get(name)}
    return content | {"parameters": [_json(asdict(one)) for one in parameters]}


def _language(command: str, wanted: str | None) -> Language:
    if wanted not in (None, "", "sql", "bash", "remedy"):
        raise Usage(f"{wanted!r} is no language of a step", hint="It is sql or bash.")
    if wanted == "sql":
        return "sql"
    return "sql" if not wanted and fence.looks_like_sql(command) else "bash"


def _action(action: Action, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    asks = [one.name for one in fence.parameters(action, {})[0]]
    made: dict[str, Any] = _json(asdict(action)) | {"source": action.command, "asks": asks}
    if action.language == "sql":
        types = tuple((one.name, one.type) for one in parameters if one.kind == "variable")
        made["statements"] = [_json(asdict(one)) for one in sqltext.read(action.command, types).statements]
    elif action.language == "bash":
        made["command"] = shell.script(action.command).command
        made["lines"] = shell.fireline_lines(made["command"])
    return made


def _json(value: Any) -> Any:
    """The value as it comes back from the store: tuples are lists there."""
    if isinstance(value, dict):
        return {key: _json(one) for key, one in value.items()}
    return [_json(one) for one in value] if isinstance(value, list | tuple) else value
