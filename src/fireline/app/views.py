"""The incident as one piece of JSON: what is wrong, what is wanted from you now, what has been done, who knows."""

from __future__ import annotations

from typing import Any

from fireline.detect import alerts
from fireline.incident import view
from fireline.incident.people import Actor
from fireline.incident.row import TOP_RANK
from fireline.incident.scheme import Scheme
from fireline.incident.transitions import number
from fireline.review import postmortem
from fireline.run import gate, undo
from fireline.run.view import runs_of
from fireline.run.world import World
from fireline.store.connect import Connection


def show_incident(
    conn: Connection, actor: Actor, world: World, scheme: Scheme | None = None, *, incident: str
) -> dict[str, Any]:
    """Everything about an incident, with the one thing that is wanted now."""
    del actor
    found = number(incident)
    own = view.incident_view(conn, found, scheme)
    runs = [gate.tell_backup(conn, world, run) for run in runs_of(conn, found, world.remedies.values)]
    whole = {
        **own,
        "runs": runs,
        "alerts": alerts.of_incident(conn, found),
        "changes": [undo.view(change) for change in undo.rows(conn, incident=found)],
        "postmortem": postmortem.state(conn, found, required=own["severity"]["rank"] <= TOP_RANK),
    }
    _offer_remedy(whole)
    return {**whole, "wanted": wanted(whole)}


def _offer_remedy(incident: dict[str, Any]) -> None:
    """Offer the verdict's remedy in the place of each step that a person may replace, as long as its cause is seen."""
    verdict = incident.get("verdict") or {}
    command = (verdict.get("remedy") or {}).get("command")
    if not command or verdict.get("probe_state") == "green":
        return
    offer = {"command": command, "summary": verdict["remedy"].get("text", "")}
    for run in incident["runs"]:
        for step in run["steps"]:
            waits = step["state"] in ("planned", "waiting", "failed", "cancelled", "timed_out")
            if waits and "replace" in step["actions"] and not step["replaced"]:
                step["offers"] = [offer, *step["offers"]]


def wanted(incident: dict[str, Any]) -> dict[str, Any]:
    """The one thing that is wanted from a person now; pure. The most urgent first."""
    number_, status = incident["id"], incident["status"]
    if incident.get("merged_into"):
        return _want("nothing", f"{number_} was merged into {incident['merged_into']}.")
    if status == "dismissed":
        return _want("nothing", f"{number_} was dismissed as no incident.")
    if status == "reviewed":
        return _want("nothing", f"{number_} is closed.")
    if status == "resolved":
        post = incident["postmortem"]
        if post["required"] and not post.get("seen"):
            return _want("postmortem", "Resolved. Read and complete the draft post-mortem, then close the incident.")
        return _want("close", "Resolved. Close the incident.")
    if incident["acknowledged_at"] is None:
        return _want("acknowledge", "Acknowledge, so that nobody else is woken.")
    open_runs = [run for run in incident["runs"] if run["state"] in ("running", "waiting")]
    for run in reversed(incident["runs"]):
        for step in run["steps"] if run in open_runs else filter(_undo_asked, run["steps"]):
            ask = _of_step(run, step, incident)
            if ask is not None:
                return ask
    return _without_run(incident, open_runs)


def _undo_asked(step: dict[str, Any]) -> bool:
    """Whether a step waits for a yes to its undo, though its run may have ended."""
    asked = step["approval"]
    return asked is not None and asked["kind"] == "undo" and asked["state"] == "asked"


def _of_step(run: dict[str, Any], step: dict[str, Any], incident: dict[str, Any]) -> dict[str, Any] | None:
    """What this step wants, if anything; a failed read wants nothing, the run has gone on behind it."""
    place = {"run": run["run"], "position": step["position"]}
    title = step["command"] if step["replaced"] else step["title"]
    state, waits = step["state"], step["waits_for"]
    approval = step["approval"]
    if approval is not None and approval["kind"] == "undo" and approval["state"] == "asked":
        return _want("approve", f"Approve or reject the undo of “{title}”.", **place)
    if state == "waiting" and waits == "approval":
        if approval is not None and approval["state"] == "expired":
            return _want(
                "approve", f"The approval of “{title}” expired. Ask for it again, replace or skip the step.", **place
            )
        verdict = incident.get("verdict")
        if verdict and verdict.get("probe_state") == "red" and not step["replaced"]:
            return _want(
                "approve", f"“{title}” waits for approval; the root cause has a remedy that fits better.", **place
            )
        return _want("approve", f"Approve or reject “{title}”.", **place)
    if state == "waiting" and waits == "decision":
        return _want("decide", f"Decide: “{title}”.", **place)
    if state == "waiting" and waits == "input":
        kind = "answer" if "answer" in step["actions"] else "tick"
        return _want(
            kind, f"“{title}” {'asks for a value' if kind == 'answer' else 'is yours to do, then tick it'}.", **place
        )
    if state == "unknown":
        return _want("unknown", f"Nobody knows whether “{title}” happened. Look, then say worked or failed.", **place)
    if state in ("failed", "timed_out", "cancelled") and step["level"] != "read":
        return _want("failed", f"“{title}” {state.replace('_', ' ')}. Retry, replace or skip it.", **place)
    return None


def _without_run(incident: dict[str, Any], open_runs: list[dict[str, Any]]) -> dict[str, Any]:
    if open_runs:  # one that waits, but for nobody: an approved step that no worker has taken yet
        return _want("nothing", "Fireline is at work. Nothing is wanted from you this moment.")
    verdict = incident.get("verdict")
    if verdict and verdict.get("probe_state") == "green":
        return _want("resolve", "The root cause is gone. Resolve the incident when users are well again.")
    if verdict and verdict.get("probe_state") == "red" and (verdict.get("remedy") or {}).get("command"):
        return _want("choose", "The root cause is still there. Use its remedy, or choose another procedure.")
    if not incident["runs"]:
        if incident.get("matches"):
            return _want("choose", "No procedure fits well enough to start by itself. Choose one.")
        return _want("choose", "No procedure of the runbook fits. Choose one, or note what you do.")
    return _want("resolve", "The procedure has ended. Resolve the incident when users are well again.")


def _want(kind: str, text: str, *, run: int | None = None, position: int | None = None) -> dict[str, Any]:
    return {"kind": kind, "text": text, "run": run, "position": position}
