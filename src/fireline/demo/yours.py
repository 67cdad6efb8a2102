"""Chapter 6: you acknowledge, put the remedy in the place of a step that would not help, and approve it."""

from __future__ import annotations

import time

from fireline.demo.home import TARGET
from fireline.demo.night import SECONDS, Night, View, asked, done, waiting
from fireline.demo.person import NAME
from fireline.demo.trouble import canary
from fireline.demo.voice import span


def act(night: Night) -> None:
    """From the acknowledgement to the database that answers again."""
    voice = night.voice
    voice.chapter("You")
    voice.fact("you", night.person.call("incident.ack", incident=night.name)["text"])
    run, step = _replace(night)
    plan = step["plan"] or {}
    for label, key in (("does", "summary"), ("may lose", "effect"), ("undo", "undo")):
        voice.fact(label, str(plan.get(key) or "-"))
    voice.fact("level", f"{step['level']}: {step['level_reason']}".rstrip(": "))
    approved = _approve(night, run, step)
    _see(night, step["position"], approved)


def _replace(night: Night) -> tuple[int, View]:
    """Put the verdict's remedy in the place of the step that waits; the run, and the step as it asks then."""
    voice, report = night.voice, night.report
    run, step = report.need(waiting(night.view), "no step waits for a person")
    command = str((night.view["verdict"].get("remedy") or {}).get("command"))
    wanted = f"fireline resolve terminate-session {night.stage.trouble.report_pid} --target {TARGET}"
    report.need(command == wanted, f"the remedy proposed is {command}")
    place = {"run": run["run"], "step": step["position"]}
    why = "it would wait in the same queue, and the cause is one idle session"
    night.person.call("run.replace", **place, command=command, reason=why)
    voice.fact("instead of", f"“{step['title']}”, which would wait in the same queue:")
    voice.block([command], "cyan")
    with voice.waiting("until its plan is made"):
        view = night.look(lambda view: asked(view, step["position"]))
    return run["run"], report.need(asked(view, step["position"]), "the new step did not ask for an approval")


def _approve(night: Night, run: int, step: View) -> float:
    """The yes, bound to what was shown; the moment it was given."""

    def answered_elsewhere() -> bool:
        return asked(night.look(), step["position"]) is None

    place = {"run": run, "step": step["position"]}
    agreed = night.yes or night.voice.ask("Approve exactly this, once?", answered_elsewhere)
    if not agreed:
        night.person.call("run.reject", **place, reason="said no in the demo")
    night.report.need(agreed, "you said no, so nothing was changed")
    approved = time.monotonic()
    if night.yes or not answered_elsewhere():
        night.person.call("run.approve", **place, hash=step["approval"]["content_hash"])
        night.voice.fact("approved", f"by {NAME}, bound to this command, this target and this plan")
    return approved


def _see(night: Night, position: int, approved: float) -> None:
    """Ask the database itself whether the session is gone and the query answers."""
    voice, report, stage = night.voice, night.report, night.stage
    pid = stage.trouble.report_pid
    with voice.waiting("until the database answers again"):
        end = approved + SECONDS
        while (answered := canary(stage.school)) is None and time.monotonic() < end:
            pass  # each try waits by itself
        back = time.monotonic()
        night.look(lambda view: done(view, position))
    report.gone = not stage.school.has_session(pid)
    report.need(report.gone, f"session {pid} is still there")
    report.terminated_pid = pid
    told = stage.trouble.report_ended_by()
    voice.fact("gone", f"session {pid} is no longer in pg_stat_activity; it was told: {told}")
    report.need(answered, "the query on assignments still hangs")
    report.answered_after = round(back - approved, 3)
    voice.fact("canary", f"the same query answered {span(report.answered_after)} after your yes", "green")
    report.expect(done(night.view, position), "the step did not succeed")
    _measure(night, back)


def _measure(night: Night, back: float) -> None:
    """A second of traffic, and whether the migration went through."""
    time.sleep(1.0)
    report = night.report
    after = night.stage.traffic.measure(back)
    report.traffic["after"] = after.json()
    report.expect(after.answered and not after.failed, "the clients are still not served")
    words = f"{after.rate:.0f} requests/s answered, p95 {span(after.p95)}, {after.failed} failed"
    night.voice.fact("traffic", words, "green")
    report.migrated = night.stage.trouble.migrated is not None
    if report.expect(report.migrated, "the migration did not go through"):
        night.voice.fact("migration", "went through by itself as soon as it could")
