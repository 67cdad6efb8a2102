"""What an approval is bound to: the command, its parameters, the target, the runbook's revision and the plan."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow

from fireline.errors import SettingsError
from fireline.postgres.connect import Target
from fireline.store.chain import plain


def command_of(content: dict[str, Any], choice: str | None = None) -> tuple[str, str]:
    """The language and the command that a step would run; ("", "") when a person does it by hand."""
    action = chosen_action(content, choice)
    return (action["language"], action["command"]) if action else ("", "")


def chosen_action(content: dict[str, Any], choice: str | None) -> dict[str, Any] | None:
    """The step's action, or the alternative a person chose by its number."""
    alternatives = content.get("alternatives") or []
    if alternatives:
        if choice and choice.isdigit() and 1 <= int(choice) <= len(alternatives):
            found: dict[str, Any] = alternatives[int(choice) - 1]
            return found
        return None
    action: dict[str, Any] | None = content.get("action")
    return action


def bound(step: DictRow, run: DictRow, target: Target | None, *, kind: str = "do") -> dict[str, Any]:
    """Everything the hash covers. A change of any part is another content, so a yes to the former does not count."""
    content = step["content"]
    language, command = command_of(content, step["choice"])
    if kind == "undo":
        undo = content.get("undo") or {}
        language, command = undo.get("language", ""), undo.get("command", "")
    plan = step["plan"] or {}
    return {
        "kind": kind,
        "language": language,
        "command": command,
        "parameters": step["parameters"],
        "target": place_of(target) if target else run["target"],
        "revision": run["runbook_revision"],
        "procedure": run["procedure"],
        "plan": {key: plan.get(key) for key in ("summary", "effect", "undo", "captured", "server")},
    }


def place_of(target: Target) -> dict[str, Any]:
    """Which database on which server a target's name means now; no secret in it."""
    try:
        parts = conninfo_to_dict(target.dsn.reveal())
    except ProgrammingError:
        raise SettingsError(
            f"the DSN of target {target.name} can not be read", hint="Mend it in the settings."
        ) from None
    return {"name": target.name} | {
        key: parts.get(key) for key in ("host", "hostaddr", "port", "dbname", "user", "service")
    }


def digest(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON, hex."""
    text = json.dumps(plain(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
