"""Everything a person can do, by name: the CLI, the API and the page all call the same functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from fireline import shelf

HANDED = ("conn", "actor", "context", "settings", "world", "scheme")  # given by the desk, never by a person


@dataclass(frozen=True)
class Operation:
    """One thing a person can do.

    path: the function, `(conn, actor, *, …)` of a room. What it names `context`, `settings`, `world` or `scheme` it is handed.
    role: the least role that may. reads: changes nothing, so the API also answers GET.
    outside: works on a target and on no row, `(actor, …)`: no transaction of the store waits for it.
    """

    name: str
    path: str
    role: Literal["viewer", "responder", "admin"] = "responder"
    reads: bool = False
    outside: bool = False

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself, imported at the first use."""
        found: Callable[..., Any] = shelf.load(self.path)
        return found

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """What a person may say, by name; the API's body and the CLI's options."""
        every = inspect.signature(self.function, eval_str=True).parameters
        return {name: one for name, one in every.items() if name not in HANDED}


def _group(
    group: str, *, outside: bool = False, **operations: tuple[str, str] | tuple[str, str, bool]
) -> dict[str, Operation]:
    made = {}
    for key, (path, role, *reads) in operations.items():
        name = f"{group}.{key.strip('_').replace('_', '-')}"
        made[name] = Operation(name, f"fireline.{path}", role, bool(reads), outside)  # type: ignore[arg-type]
    return made


OPERATIONS: dict[str, Operation] = {
    **_group(
        "incident",
        list=("incident.transitions:list_incidents", "viewer", True),
        show=("app.views:show_incident", "viewer", True),
        declare=("incident.transitions:declare", "responder"),
        ack=("incident.transitions:ack", "responder"),
        take=("incident.transitions:take", "responder"),
        note=("incident.facts:note", "responder"),
        severity=("incident.facts:severity", "responder"),
        status=("incident.transitions:status", "responder"),
        impact=("incident.facts:impact", "responder"),
        role=("incident.facts:role", "responder"),
        resolve=("incident.transitions:resolve", "responder"),
        reopen=("incident.transitions:reopen", "responder"),
        dismiss=("incident.transitions:dismiss", "responder"),
        close=("incident.transitions:close", "responder"),
        merge=("incident.transitions:merge", "responder"),
        split=("incident.transitions:split", "responder"),
        timeline=("incident.transitions:timeline", "viewer", True),
        verify=("incident.transitions:verify", "viewer", True),
        postmortem=("review.postmortem:postmortem", "viewer"),
        edit_postmortem=("review.postmortem:edit_postmortem", "responder"),
        choose=("app.acts:choose", "responder"),
    ),
    **_group(
        "run",
        start=("app.acts:start", "responder"),
        show=("run.view:show", "viewer", True),
        list=("run.view:list_runs", "viewer", True),
        approve=("run.approve:approve", "responder"),
        reject=("run.approve:reject", "responder"),
        answer=("run.person:answer", "responder"),
        tick=("run.person:tick", "responder"),
        decide=("run.person:decide", "responder"),
        skip=("run.person:skip", "responder"),
        retry=("run.person:retry", "responder"),
        replace=("app.acts:replace", "responder"),
        cancel=("run.person:cancel", "responder"),
        undo=("run.undo:request", "responder"),
        changes=("run.undo:changes", "viewer", True),
    ),
    **_group(
        "target",
        list=("assess.history:list_targets", "viewer", True),
        show=("assess.history:show_target", "viewer", True),
        look=("assess.history:look_now", "responder"),
        recovery=("app.recovery:recovery", "viewer", True),
        backups=("app.recovery:backups_of", "viewer", True),
    ),
    **_group(
        "remedy",
        run=("app.acts:run_remedy", "responder"),
        plan=("app.acts:plan_remedy", "viewer"),
        list=("app.acts:list_remedies", "viewer", True),
    ),
    **_group(
        "snapshot",
        list=("contain.snapshots:list_snapshots", "viewer", True),
        show=("contain.snapshots:show_snapshot", "viewer", True),
        diff=("contain.snapshots:diff_snapshots", "viewer", True),
    ),
    **_group("fence", outside=True, status=("contain.fence_status:status", "viewer", True)),
    **_group(
        "alert",
        list=("detect.alerts:list_alerts", "viewer", True),
        show=("detect.alerts:show", "viewer", True),
    ),
    **_group(
        "silence",
        create=("incident.silences:create_silence", "responder"),
        end=("incident.silences:end_silence", "responder"),
        list=("incident.silences:list_silences", "viewer", True),
        show=("incident.silences:show_silence", "viewer", True),
        preview=("incident.silences:preview_silence", "viewer", True),
    ),
    **_group(
        "change",
        list=("detect.changes:list_changes", "viewer", True),
        add=("detect.changes:add", "responder"),
    ),
    **_group(
        "assess",
        outside=True,
        diagnose=("assess.asking:diagnose", "viewer", True),
        health=("assess.asking:health", "viewer", True),
        check=("assess.asking:check", "viewer", True),
    ),
    **_group("restore", outside=True, diff=("app.restore_diff:diff", "responder", True)),
    **_group(
        "restore",
        list=("recovery.restores:list_restores", "viewer", True),
        show=("recovery.restores:show", "viewer", True),
        work=("app.recovery:restore_work", "viewer", True),
    ),
    **_group(
        "backup",
        list=("recovery.backups:list_backups", "viewer", True),
        show=("recovery.backups:show", "viewer", True),
    ),
    **_group(
        "source",
        list=("detect.setup:list_sources", "viewer", True),
        test=("detect.setup:send_test", "responder"),
        tested=("detect.setup:tested", "viewer", True),
    ),
    **_group("detect", outside=True, test=("app.trying:try_payload", "viewer")),
    **_group(
        "probe",
        list=("detect.watched:list_probes", "viewer", True),
        show=("detect.watched:show_probe", "viewer", True),
    ),
    **_group("beat", list=("detect.watched:list_beats", "viewer", True)),
    **_group("report", send=("detect.report:send", "responder")),
    **_group(
        "halt",
        set=("run.halt:halt", "responder"),
        lift=("run.halt:lift", "responder"),
        show=("run.halt:show", "viewer", True),
    ),
    **_group(
        "person",
        add=("incident.people:add", "admin"),
        list=("incident.people:list_people", "viewer", True),
        change=("incident.people:change", "admin"),
        disable=("incident.people:disable", "admin"),
        password=("incident.people:password", "viewer"),
        whoami=("incident.people:whoami", "viewer", True),
    ),
    **_group(
        "token",
        create=("incident.tokens:create_token", "responder"),
        list=("incident.tokens:list_tokens", "viewer", True),
        revoke=("incident.tokens:revoke_token", "responder"),
    ),
    **_group(
        "runbook",
        list=("app.acts:list_runbooks", "viewer", True),
        procedures=("app.acts:list_procedures", "viewer", True),
    ),
    **_group("runbook", outside=True, lint=("app.linting:lint", "viewer", True)),
}
