"""Chapters 4 and 5: the alert comes, and what Fireline does by itself before it wants anybody's yes."""

from __future__ import annotations

import time

from fireline import clock
from fireline.demo import alertmanager
from fireline.demo.home import CONTACT
from fireline.demo.night import SECONDS, Night, View, branches, waiting
from fireline.demo.report import outcome_of
from fireline.demo.voice import EMBER, span

CAUSE = "ddl_queue_behind_idle_tx"
PROCEDURE = "Database Performance Issues"
SEVERITY = "P1"

_MARKS = {"succeeded": "✓", "failed": "✗", "timed_out": "✗", "waiting": "▸", "skipped": "-", "planned": "·"}
_STYLES = {"failed": "red", "waiting": EMBER}


def alert(night: Night) -> None:
    """Alertmanager posts, Fireline opens an incident, starts its clock and tells the contact."""
    voice, report, stage = night.voice, night.report, night.stage
    voice.chapter("The alert")
    posted = time.monotonic()
    answer = alertmanager.post(stage.home.url, stage.home.token, "firing", night.began, clock.now())
    report.need(answer.is_success, f"the door answered {answer.status_code}: {answer.text}")
    voice.fact(
        "alert", f"{alertmanager.LABELS['alertname']}, {alertmanager.LABELS['severity']}: {alertmanager.SUMMARY}"
    )
    voice.fact("door", f"stored and answered {answer.status_code} after {span(answer.elapsed.total_seconds())}")
    with voice.waiting("until an incident is open"):
        found = night.person.watch(lambda: _alert(night), lambda one: bool(one and one["incident"]), SECONDS)
    report.need(found and found["incident"], "no incident was opened for the alert")
    report.alert_id, night.name = found["alert"], found["incident"]
    view = night.look()
    severity = view["severity"]
    words = f"{night.name} opened as {severity['id']} ({severity['name']}): {view['severity_reason']}"
    voice.fact("incident", words, EMBER)
    report.expect(severity["id"] == SEVERITY, f"the incident is {severity['id']} and not {SEVERITY}")
    told = stage.sink.wait(lambda one: night.name in str(one.body), SECONDS)
    if report.expect(told, "nobody was told") and told is not None:
        report.told_after = round(told.at - posted, 3)
        voice.fact("told", f"{CONTACT}, {span(report.told_after)} after the alert")
    for one in view["clocks"]:
        voice.fact("clock", f"{one['kind']}: “{one['phrase']}”, {one['state']}")


def _alert(night: Night) -> View | None:
    alerts = night.person.call("alert.list", limit=5)
    return next((one for one in alerts if one["title"] == alertmanager.SUMMARY), None)


def find(night: Night) -> None:
    """The cause is named, the procedure picked and carried out as far as its first step that is not a read."""
    voice, report = night.voice, night.report
    voice.chapter("What Fireline found by itself")
    with voice.waiting("until the cause is named and the runbook waits for you"):
        view = night.look(lambda view: view["verdict"] and waiting(view))
    verdict = report.need(view["verdict"], "no cause was named")
    report.cause = verdict["cause"]
    report.expect(report.cause == CAUSE, f"the cause named is {report.cause}")
    voice.fact("cause", f"{verdict['title']} ({verdict['cause']}, confidence {verdict['confidence']:.2f})", EMBER)
    voice.block(branches(verdict.get("tree") or []))
    for one in (verdict.get("rejected") or [])[:3]:
        voice.fact("ruled out", f"{one['cause']}: {one['because']}")
    run = report.need(view["runs"][:1], "no procedure was started")[0]
    report.procedure = run["title"]
    report.expect(report.procedure == PROCEDURE, f"the procedure started is {report.procedure}")
    voice.gap()
    voice.fact("procedure", f"{run['title']}: {run['reason']}")
    for step in run["steps"]:
        _tell(night, step)
    report.need(waiting(view), "the procedure did not come to wait for a person")
    report.expect(night.stage.school.has_session(night.stage.trouble.report_pid), "a session was ended without a yes")


def _tell(night: Night, step: View) -> None:
    outcome = outcome_of(step)
    came = outcome.get("error") or outcome.get("summary") or step["level_reason"]
    style = _STYLES.get(step["state"], "")
    night.voice.block([f"{_MARKS.get(step['state'], '»')} {step['position']} {step['title']}"], style)
    night.voice.block([f"    {came}"] if came else [], "dim")
