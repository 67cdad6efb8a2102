"""A run as JSON data, for the page, the CLI and the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from psycopg.rows import DictRow

from fireline import clock, redact
from fireline.errors import NotFound
from fireline.incident.people import Actor
from fireline.incident.row import name, number
from fireline.run import gate
from fireline.run.content import chosen_action, command_of
from fireline.run.ledger import Q
from fireline.run.remedy import Remedy
from fireline.run.world import World
from fireline.store.connect import Connection, all_rows, one

_MANY = ("parts", "left_out", "suggestions")  # of a plan with many parts
OUTPUT = 20_000  # characters of an attempt's output in a view; the whole is kept in the store


def show(conn: Connection, actor: Actor, world: World | None = None, *, run: int) -> dict[str, Any]:
    """A run with its steps, attempts, approvals and what may be done next."""
    del actor
    row = one(conn, Q["run"], run=run)
    if row is None:
        raise NotFound(f"no run {run}", hint="`fireline run list` shows them.")
    if world is None:
        return run_view(conn, row)
    return gate.tell_backup(conn, world, run_view(conn, row, world.remedies.values))


def going(conn: Connection, world: World, target: str, *, limit: int = 10) -> list[dict[str, Any]]:
    """The runs on a target that are not finished, newest first, with their steps."""
    rows = (one(conn, Q["run"], run=row["id"]) for row in all_rows(conn, Q["going"], target=target, limit=limit))
    return [
        gate.tell_backup(conn, world, run_view(conn, row, world.remedies.values)) for row in rows if row is not None
    ]


def list_runs(conn: Connection, actor: Actor, *, incident: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Runs, newest first, without their steps."""
    del actor
    wanted = number(incident) if incident else None
    found = all_rows(conn, Q["runs"], incident=wanted, limit=min(max(limit, 1), 500))
    rows = (one(conn, Q["run"], run=row["id"]) for row in found)
    return [_head(row) for row in rows if row is not None]


def runs_of(conn: Connection, incident: int, remedies: Callable[[], Iterable[Remedy]] = tuple) -> list[dict[str, Any]]:
    """The runs of an incident, oldest first, with their steps."""
    rows = (one(conn, Q["run"], run=row["id"]) for row in all_rows(conn, Q["runs_of_incident"], incident=incident))
    return [run_view(conn, row, remedies) for row in rows if row is not None]


def run_view(conn: Connection, row: DictRow, remedies: Callable[[], Iterable[Remedy]] = tuple) -> dict[str, Any]:
    """One run with its steps. remedies: gives those that may be offered for a manual step by their words."""
    attempts = all_rows(conn, Q["attempts"], run=row["id"])
    approvals = all_rows(conn, Q["approvals"], run=row["id"])
    steps = all_rows(conn, Q["steps"], run=row["id"])
    return {
        **_head(row),
        "steps": [
            _step(
                step,
                [one for one in attempts if one["position"] == step["position"]],
                [one for one in approvals if one["position"] == step["position"]],
                remedies,
                row,
            )
            for step in steps
        ],
    }


def _head(row: DictRow) -> dict[str, Any]:
    return {
        "run": row["id"],
        "incident": name(row["incident_id"]) if row["incident_id"] is not None else None,
        "title": row["title"],
        "reason": row["reason"],
        "target": row["target"],
        "state": row["state"],
        "requested_by": row["requested_by"],
        "created_at": row["created_at"],
        "finished_at": row["finished_at"],
        "procedure": {"id": row["procedure_id"], "revision": row["runbook_revision"], "file": row["runbook_file"]},
    }


def _step(
    step: DictRow,
    attempts: list[DictRow],
    approvals: list[DictRow],
    remedies: Callable[[], Iterable[Remedy]],
    run: DictRow,
) -> dict[str, Any]:
    content = step["content"]
    language, command = command_of(content, step["choice"])
    approval = approvals[-1] if approvals else None
    return {
        "position": step["position"],
        "key": step["key"],
        "title": step["title"],
        "kind": step["kind"],
        "state": step["state"],
        "waits_for": step["waits_for"],
        "level": step["level"],
        "level_reason": step["level_reason"],
        "line": content.get("line"),
        "text": content.get("text", ""),
        "language": language,
        "command": command,
        "alternatives": [
            {"language": one["language"], "command": one["command"]} for one in content.get("alternatives") or []
        ],
        "checklist": content.get("checklist") or [],
        "ticked": (step["outcome"] or {}).get("ticked", []),
        "decision": content.get("decision"),
        "reference": content.get("reference"),
        "expect": content.get("expect") or [],
        "choice": step["choice"],
        "parameters": [
            {
                "name": parameter["name"],
                "question": parameter.get("question") or "",
                "type": parameter.get("type", "text"),
                "choices": parameter.get("choices") or [],
                "secret": bool(parameter.get("secret")),
                "value": step["parameters"].get(parameter["name"], parameter.get("default")),
            }
            for parameter in content.get("parameters") or []
        ],
        "plan": _plan(step["plan"]),
        "undo_command": (content.get("undo") or {}).get("command"),
        "outcome": step["outcome"],
        "replaced": step["replaced"],
        "attempts": [_attempt(one) for one in attempts],
        "approval": _approval(approval),
        "offers": offers(step, remedies(), run["target"]) if _may_be_offered(step) else [],
        "actions": actions(step, approval, run["state"]),
    }


def _plan(plan: dict[str, Any] | None) -> dict[str, Any] | None:
    if not plan or not plan.get("summary"):
        return None
    lines = plan.get("captured", {}).get("lines") or []
    many = {key: [one for line in lines for one in line["captured"].get(key) or []] for key in _MANY}
    return {key: plan.get(key) for key in ("summary", "effect", "undo", "level")} | {
        key: redact.tree(found) for key, found in many.items() if found
    }


def _attempt(row: DictRow) -> dict[str, Any]:
    begun, ended = row["started_at"] or row["intent_at"], row["finished_at"]
    output: str | None = row["output"]
    return {
        "attempt": row["id"],
        "number": row["number"],
        "kind": row["kind"],
        "state": row["state"],
        "level": row["level"],
        "worker": row["worker"],
        "started_at": begun,
        "finished_at": ended,
        "ms": int((ended - begun).total_seconds() * 1000) if ended else None,
        "outcome": row["outcome"] or {},
        "progress": row["progress"] if ended is None else None,
        "output": output
        if output is None or len(output) <= OUTPUT
        else f"{output[: OUTPUT // 2]}\n…\n{output[-OUTPUT // 2 :]}",
    }


def _approval(row: DictRow | None) -> dict[str, Any] | None:
    if row is None:
        return None
    late = row["state"] in ("asked", "given") and row["expires_at"] <= clock.now()
    keys = ("id", "kind", "content_hash", "shown", "level", "requested_by", "asked_at", "expires_at", "decided_by", "decided_at", "reason", "break_glass")  # fmt: skip
    return {**{key: row[key] for key in keys}, "state": "expired" if late else row["state"]}


def _may_be_offered(step: DictRow) -> bool:
    """Whether remedies are offered for a step: one for a person, or a command that a remedy may do better."""
    return step["state"] not in ("succeeded", "skipped") and step["kind"] in (
        "manual",
        "checklist",
        "decision",
        "bash",
        "sql",
    )


def offers(step: DictRow, remedies: Iterable[Remedy], target: str | None) -> list[dict[str, str]]:
    """Remedies whose own words stand in a step: offered as a button, never run by themselves."""
    text = f"{step['title']} {step['content'].get('text', '')}".casefold()
    return [
        {"command": f"fireline {remedy.phase} {remedy.name} --target {target or 'TARGET'}", "summary": remedy.summary}
        for remedy in remedies
        if any(word.casefold() in text for word in remedy.words)
    ]


def actions(step: DictRow, approval: DictRow | None, run_state: str) -> list[str]:
    """What a person may do with a step now; the page shows a control for each, the CLI names its command."""
    if approval is not None and approval["kind"] == "undo" and approval["state"] == "asked":
        return ["approve", "reject"]
    if run_state in ("succeeded", "cancelled"):
        return []
    state, waits = step["state"], step["waits_for"]
    if state == "waiting" and waits == "approval":
        live = approval is not None and approval["state"] == "asked" and approval["expires_at"] > clock.now()
        return [*(["approve", "reject"] if live else ["retry"]), "skip", "replace"]
    if state == "waiting" and waits == "decision":
        return ["decide", *([] if (step["outcome"] or {}).get("expectation") else ["skip", "replace"])]
    if state == "waiting" and waits == "input":
        by_hand = chosen_action(step["content"], step["choice"]) is None
        return ["tick" if by_hand else "answer", "skip", "replace"]
    if state == "unknown":
        return ["decide", "retry", "skip", "replace"]
    if state in ("failed", "timed_out", "cancelled"):
        return ["retry", "skip", "replace"]
    if state in ("intent", "running", "authorised"):
        return ["cancel"]
    return ["skip", "replace"] if state == "planned" else []
