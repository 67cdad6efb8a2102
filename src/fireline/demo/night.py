"""The second half of the story: the alert, what Fireline found, what you do about it, and what is left afterwards."""

from __future__ import annotations

import time
from typing import Any

from fireline import clock
from fireline.demo import alertmanager
from fireline.demo.home import CONTACT, TARGET
from fireline.demo.person import NAME, Person
from fireline.demo.report import Report, outcome_of
from fireline.demo.stage import Stage
from fireline.demo.trouble import canary
from fireline.demo.voice import EMBER, Voice, span

SECONDS = 30.0  # for each thing that Fireline does by itself
SHOWN = 4  # sessions of the tree
_MARKS = {"succeeded": "✓", "failed": "✗", "timed_out": "✗", "waiting": "▸", "skipped": "-", "planned": "·"}

View = dict[str, Any]


class Night:
    """One incident from its alert to its draft post-mortem."""

    def __init__(self, stage: Stage, voice: Voice, report: Report, *, yes: bool) -> None:
        assert stage.person is not None, "set_up makes the first account"
        self.stage, self.voice, self.report, self.yes = stage, voice, report, yes
        self.person: Person = stage.person
        self.began = clock.now()
        self.name = ""
        self.view: View = {}

    def alert(self) -> None:
        """Chapter 4: Alertmanager posts, Fireline opens an incident and tells you."""
        voice, report = self.voice, self.report
        voice.chapter("The alert")
        posted = time.monotonic()
        answer = alertmanager.post(self.stage.home.url, self.stage.home.token, "firing", self.began, clock.now())
        report.need(answer.is_success, f"the door answered {answer.status_code}: {answer.text}")
        voice.fact(
            "alert", f"{alertmanager.LABELS['alertname']}, {alertmanager.LABELS['severity']}: {alertmanager.SUMMARY}"
        )
        took = answer.elapsed.total_seconds()
        voice.fact("door", f"stored and answered {answer.status_code} after {span(took)}")
        with voice.waiting("until an incident is open"):
            found = self.person.watch(self._alert, lambda one: one and one["incident"], SECONDS)
        report.need(found and found["incident"], "no incident was opened for the alert")
        report.alert_id, self.name = found["alert"], found["incident"]
        self._look(lambda _: True)
        severity = self.view["severity"]
        voice.fact(
            "incident",
            f"{self.name} opened as {severity['id']} ({severity['name']}): {self.view['severity_reason']}",
            EMBER,
        )
        report.expect(severity["id"] == "P1", f"the incident is {severity['id']} and not P1")
        told = self.stage.sink.wait(lambda one: self.name in str(one.body), SECONDS)
        report.expect(told, "nobody was told")
        if told is not None:
            report.told_after = round(told.at - posted, 3)
            voice.fact("told", f"{CONTACT}, {span(report.told_after)} after the alert")
        for one in self.view["clocks"]:
            voice.fact("clock", f"{one['kind']}: “{one['phrase']}”, {one['state']}")

    def _alert(self) -> View | None:
        alerts = self.person.call("alert.list", limit=5)
        return next((one for one in alerts if one["title"] == alertmanager.SUMMARY), None)

    def findings(self) -> None:
        """Chapter 5: the cause, the procedure, and how far it went by itself."""
        voice, report = self.voice, self.report
        voice.chapter("What Fireline found by itself")
        with voice.waiting("until the cause is named and the runbook waits for you"):
            self._look(lambda view: view["verdict"] and _waiting(view))
        verdict = self.view["verdict"]
        report.need(verdict, "no cause was named")
        report.cause = verdict["cause"]
        report.expect(report.cause == "ddl_queue_behind_idle_tx", f"the cause named is {report.cause}")
        voice.fact("cause", f"{verdict['title']} ({verdict['cause']}, confidence {verdict['confidence']:.2f})", EMBER)
        voice.block(_branches(verdict.get("tree") or []))
        for one in (verdict.get("rejected") or [])[:3]:
            voice.fact("ruled out", f"{one['cause']}: {one['because']}")
        report.need(self.view["runs"], "no procedure was started")
        run = self.view["runs"][0]
        report.procedure = run["title"]
        report.expect(run["title"] == "Database Performance Issues", f"the procedure started is {run['title']}")
        voice.gap()
        voice.fact("procedure", f"{run['title']}: {run['reason']}")
        for step in run["steps"]:
            self._tell_step(step)
        report.need(_waiting(self.view), "the procedure did not come to wait for a person")
        report.expect(self.stage.school.has_session(self.stage.trouble.report_pid), "a session was ended without a yes")

    def _tell_step(self, step: View) -> None:
        outcome = outcome_of(step)
        came = outcome.get("error") or outcome.get("summary") or step["level_reason"] or ""
        mark = _MARKS.get(step["state"], "»")
        style = "red" if step["state"] == "failed" else EMBER if step["state"] == "waiting" else ""
        self.voice.block([f"{mark} {step['position']} {step['title']}"], style)
        self.voice.block([f"    {came}"] if came else [], "dim")

    def act(self) -> None:
        """Chapter 6: you acknowledge, replace the step that would not help, and approve."""
        voice, report, person = self.voice, self.report, self.person
        voice.chapter("You")
        said = person.call("incident.ack", incident=self.name)
        voice.fact("you", said["text"])
        run, step = report.need(_waiting(self.view), "no step waits for a person")
        command = ((self.view["verdict"].get("remedy") or {}).get("command")) or ""
        pid = self.stage.trouble.report_pid
        report.need(
            command == f"fireline resolve terminate-session {pid} --target {TARGET}",
            f"the remedy proposed is {command!r}",
        )
        why = f"“{step['title']}” would wait in the same queue; the cause is one idle session"
        person.call("run.replace", run=run["run"], step=step["position"], command=command, reason=why)
        voice.fact("instead of", f"“{step['title']}”, which would wait in the same queue:")
        voice.block([command], "cyan")
        with voice.waiting("until its plan is made"):
            self._look(lambda view: _asks(view, step["position"]))
        asked = report.need(_asks(self.view, step["position"]), "the new step did not ask for an approval")
        plan = asked["plan"] or {}
        for label, key in (("does", "summary"), ("may lose", "effect"), ("undo", "undo")):
            voice.fact(label, str(plan.get(key) or "-"))
        voice.fact("level", f"{asked['level']}: {asked['level_reason']}".rstrip(": "))
        self._approve(run["run"], asked)
        self._see_it_end(pid, step["position"])

    def _approve(self, run: int, step: View) -> None:
        def meanwhile() -> bool:
            return _asks(self._look(lambda _: True), step["position"]) is None

        agreed = self.yes or self.voice.ask("Approve exactly this, once?", meanwhile)
        if not agreed:
            self.person.call("run.reject", run=run, step=step["position"], reason="said no in the demo")
        self.report.need(agreed, "you said no, so nothing was changed")
        self.approved = time.monotonic()
        if self.yes or not meanwhile():
            self.person.call("run.approve", run=run, step=step["position"], hash=step["approval"]["content_hash"])
            self.voice.fact("approved", f"by {NAME}, bound to this command, this target and this plan")

    def _see_it_end(self, pid: int, position: int) -> None:
        """Ask the database itself whether the session is gone and the query answers."""
        voice, report, school = self.voice, self.report, self.stage.school
        with voice.waiting("until the database answers again"):
            end = time.monotonic() + SECONDS
            while (answered := canary(school)) is None and time.monotonic() < end:
                pass
            back = time.monotonic()
            self._look(lambda view: _done(view, position))
        report.gone = not school.has_session(pid)
        report.terminated_pid = pid if report.gone else None
        report.need(report.gone, f"session {pid} is still there")
        voice.fact(
            "gone",
            f"session {pid} is no longer in pg_stat_activity; it was told: {self.stage.trouble.report_ended_by()}",
        )
        report.need(answered is not None, "the query on assignments still hangs")
        report.answered_after = round(back - self.approved, 3)
        voice.fact("canary", f"the same query answered {span(report.answered_after)} after your yes", "green")
        report.migrated = self.stage.trouble.migrated is not None
        report.expect(report.migrated, "the migration did not go through")
        report.expect(_done(self.view, position), "the step did not succeed")
        time.sleep(1.0)  # a second of traffic to measure
        after = self.stage.traffic.measure(back)
        report.traffic["after"] = after.json()
        report.expect(after.answered and not after.failed, "the clients are still not served")
        voice.fact(
            "traffic", f"{after.rate:.0f} requests/s answered, p95 {span(after.p95)}, {after.failed} failed", "green"
        )

    def afterwards(self) -> None:
        """Chapter 7: the probe is green, the incident resolved, the post-mortem drafted."""
        voice, report, person = self.voice, self.report, self.person
        voice.chapter("Afterwards")
        alertmanager.post(self.stage.home.url, self.stage.home.token, "resolved", self.began, clock.now())
        with voice.waiting("until Fireline has asked again and sees the cause gone"):
            self._look(lambda view: (view["verdict"] or {}).get("probe_state") == "green")
        report.probe = (self.view["verdict"] or {}).get("probe_state")
        report.expect(report.probe == "green", f"the probe is {report.probe}")
        voice.fact("probe", f"{report.probe}: the session is gone, and nobody waits behind it any more", "green")
        how = f"Ended session {report.terminated_pid}, which held a lock in an idle transaction; the migration went through."
        self._resolve(how)
        draft = person.call("incident.postmortem", incident=self.name)
        report.postmortem = draft["markdown"]
        report.expect(report.postmortem.strip(), "no post-mortem was drafted")
        file = self.stage.folder / f"postmortem-{self.name}.md"
        file.write_text(report.postmortem, encoding="utf-8")
        self._look(lambda _: True)
        report.expect(self.view["status"] == "resolved", f"the incident is {self.view['status']}")
        voice.fact("timeline", f"{len(self.view['timeline'])} entries, sealed one to the next; among them:")
        voice.block([f"{one['at'][11:19]}  {one['text']}" for one in _chosen(self.view["timeline"])], "dim")
        voice.fact("draft", f"post-mortem of {len(report.postmortem.splitlines())} lines, written to {file.name}:")
        voice.block(_headings(report.postmortem), "dim")

    def _resolve(self, how: str) -> None:
        def finished(view: View) -> bool:
            return all(run["state"] not in ("running", "waiting") for run in view["runs"])

        self._look(finished)
        said = self.person.call("incident.resolve", incident=self.name, resolution=how)
        self.voice.fact("resolved", said["text"])

    def _look(self, wanted: Any) -> View:
        self.view = self.person.incident(self.name, wanted, SECONDS)
        self.report.take(self.view)
        return self.view


def _waiting(view: View) -> tuple[View, View] | None:
    """The run and the step that waits for an approval."""
    steps = ((run, step) for run in view["runs"] for step in run["steps"])
    return next((both for both in steps if both[1]["waits_for"] == "approval"), None)


def _asks(view: View, position: int) -> View | None:
    """The replaced step, once its plan is made and its approval asked for."""
    found = _waiting(view)
    if found is None or found[1]["position"] != position or not found[1]["replaced"]:
        return None
    approval = found[1]["approval"]
    return found[1] if approval and approval["state"] == "asked" else None


def _branches(tree: list[View]) -> list[str]:
    """Who waits for whom, the first few."""
    lines = [f"{'   ' * one['depth']}pid {one['pid']}  {one['text']}" for one in tree]
    return (
        [*lines[:SHOWN], f"{'   ' * tree[SHOWN]['depth']}and {len(lines) - SHOWN} more"]
        if len(lines) > SHOWN + 1
        else lines
    )


def _headings(markdown: str) -> list[str]:
    """The sections of the draft, each with its first line."""
    lines = [line.strip() for line in markdown.splitlines() if line.strip()]
    pairs = zip(lines, [*lines[1:], ""], strict=True)
    return [
        f"{one}: {after}" if not after.startswith(("#", "|")) else one for one, after in pairs if one.startswith("## ")
    ]


def _done(view: View, position: int) -> bool:
    return any(s["position"] == position and s["state"] == "succeeded" for run in view["runs"] for s in run["steps"])


def _chosen(timeline: list[View]) -> list[View]:
    """What a short reading of the timeline is made of."""
    kinds = ("opened", "told", "finding", "matched", "acknowledged", "replaced", "approved", "probe", "resolved")
    return [one for one in timeline if one["kind"] in kinds]
