"""Chapter 7: the probe is green, the incident resolved, the post-mortem drafted."""

from __future__ import annotations

from fireline import clock
from fireline.demo import alertmanager
from fireline.demo.night import Night, View, finished, headings

_TOLD = ("opened", "told", "finding", "matched", "acknowledged", "replaced", "approved", "probe", "resolved")


def end(night: Night) -> None:
    """From Alertmanager's all-clear to the draft in a file."""
    voice, report, stage = night.voice, night.report, night.stage
    voice.chapter("Afterwards")
    alertmanager.post(stage.home.url, stage.home.token, "resolved", night.began, clock.now())
    with voice.waiting("until Fireline has asked again and sees the cause gone"):
        view = night.look(lambda view: view["verdict"]["probe_state"] == "green" and finished(view))
    report.probe = view["verdict"]["probe_state"]
    if report.expect(report.probe == "green", f"the probe is {report.probe}"):
        voice.fact("probe", "green: the session is gone, and nobody waits behind it any more", "green")
    how = (
        f"Ended session {report.terminated_pid}, which held a lock in an idle transaction; the migration went through."
    )
    voice.fact("resolved", night.person.call("incident.resolve", incident=night.name, resolution=how)["text"])
    _draft(night)


def _draft(night: Night) -> None:
    voice, report = night.voice, night.report
    report.postmortem = night.person.call("incident.postmortem", incident=night.name)["markdown"]
    report.expect(report.postmortem.strip(), "no post-mortem was drafted")
    file = night.stage.folder / f"postmortem-{night.name}.md"
    file.write_text(report.postmortem, encoding="utf-8")
    view = night.look()
    report.expect(view["status"] == "resolved", f"the incident is {view['status']}")
    whole = night.person.call("incident.verify", incident=night.name)["whole"]
    report.expect(whole, "the seals of the timeline do not hold")
    voice.fact("timeline", f"{len(view['timeline'])} entries, each sealed with the one before; among them:")
    voice.block([_line(one) for one in view["timeline"] if one["kind"] in _TOLD], "dim")
    voice.fact("draft", f"post-mortem of {len(report.postmortem.splitlines())} lines, written to {file.name}:")
    voice.block(headings(report.postmortem), "dim")


def _line(event: View) -> str:
    return f"{event['at'][11:19]}  {event['text']}"
