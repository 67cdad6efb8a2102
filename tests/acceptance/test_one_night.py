"""One incident on real processes, from the alert to the closed post-mortem, through HTTP and the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from fireline.demo import alertmanager
from fireline.demo.report import outcome_of
from fireline.demo.trouble import Trouble, canary
from fireline.errors import FirelineError, Refused
from tests.acceptance.place import Place, View, place, trouble, waits

PROCEDURE = "Database Performance Issues"


@dataclass
class Night:
    """What was seen, moment by moment."""

    there: Place
    pid: int
    hung: bool = False
    stranger: httpx.Response | None = None
    answers: list[httpx.Response] = field(default_factory=list)
    found: View = field(default_factory=dict)  # when the procedure waits for a person
    untouched: bool = False
    refusals: dict[str, str] = field(default_factory=dict)
    asked: View = field(default_factory=dict)  # the remedy in the place of the step, before the yes
    answered: float | None = None
    gone: bool = False
    migrated: bool = False
    mended: View = field(default_factory=dict)  # when the probe is green
    draft: str = ""
    closed: View = field(default_factory=dict)

    def refused(self, what: str, name: str, **arguments: Any) -> None:
        """Note in whose words this is refused."""
        with pytest.raises((Refused, FirelineError)) as told:
            self.there.call(name, **arguments)
        self.refusals[what] = told.value.message


@pytest.fixture(scope="module")
def night() -> Iterator[Night]:
    with place() as there, trouble(there.school) as wrong:
        told = Night(there, wrong.report_pid)
        _alert(told)
        _respond(told, wrong)
        _close(told)
        yield told


def _alert(night: Night) -> None:
    there = night.there
    night.hung = canary(there.school) is None
    night.stranger = there.knock({"version": "4", "alerts": []}, "a token of nobody's")
    night.answers = [there.post(), there.post()]
    (incident,) = there.opened()
    night.found = there.show(
        incident["id"], lambda view: view["verdict"] and waits(view) and view["alerts"][0]["count"] > 1
    )
    night.untouched = there.school.has_session(night.pid)


def _respond(night: Night, wrong: Trouble) -> None:
    there, name = night.there, night.found["id"]
    step = waits(night.found)
    assert step is not None
    run, position, stale = night.found["runs"][0]["run"], step["position"], step["approval"]["content_hash"]
    night.refused("a level that nobody has named", "run.approve", run=run, step=position, hash=stale)
    night.refused("another hash", "run.approve", run=run, step=position, hash="0" * 64, level="reversible")
    there.cli("ack", name)
    command = night.found["verdict"]["remedy"]["command"]
    there.cli("run", "replace", str(run), str(position), command, "--reason", "optimizing would wait in the same queue")
    view = there.show(name, lambda view: (waits(view) or {}).get("replaced"))
    night.asked = waits(view) or {}
    night.refused("the hash of what stood there before", "run.approve", run=run, step=position, hash=stale)
    night.refused("resolving in the middle of it", "incident.resolve", incident=name)
    there.cli("approve", str(run), str(position), "--hash", night.asked["approval"]["content_hash"])
    night.answered = canary(there.school, limit=20)
    night.gone = not there.school.has_session(night.pid)
    there.person.watch(lambda: wrong.migrated, bool, 10)
    night.migrated = wrong.migrated is not None
    night.mended = there.show(
        name, lambda v: v["verdict"]["probe_state"] == "green" and v["runs"][0]["state"] == "succeeded"
    )


def _close(night: Night) -> None:
    there, name = night.there, night.found["id"]
    there.post("resolved")
    there.show(name, lambda view: view["alerts"][0]["status"] == "resolved")
    there.cli("incident", "resolve", name, "--resolution", "ended the idle session of the nightly report")
    night.refused("closing before the post-mortem was read", "incident.close", incident=name)
    night.draft = there.cli("incident", "postmortem", name)["markdown"]
    file = there.home.folder / "edited.md"
    file.write_text(night.draft + "\nRead by you.\n")
    there.cli("incident", "postmortem", name, "--edit", str(file))
    there.cli("incident", "close", name)
    night.closed = there.show(name)


def kinds(view: View) -> list[str]:
    return [one["kind"] for one in view["timeline"]]


def said(view: View, kind: str) -> list[View]:
    return [one for one in view["timeline"] if one["kind"] == kind]


def test_queries_really_hung(night: Night) -> None:
    assert night.hung


def test_who_has_no_token_is_turned_away_at_the_door(night: Night) -> None:
    assert night.stranger is not None
    assert night.stranger.status_code == 401


def test_an_alert_is_accepted_and_the_same_one_again_is_counted(night: Night) -> None:
    assert [answer.status_code for answer in night.answers] == [202, 202]
    (alert,) = night.found["alerts"]
    assert (alert["count"], alert["title"], alert["source"]) == (2, alertmanager.SUMMARY, "alertmanager")


def test_one_incident_is_opened_as_p1_with_the_reason(night: Night) -> None:
    assert (night.found["id"], night.found["severity"]["id"]) == ("INC-1", "P1")
    assert night.found["severity_reason"]
    assert night.found["target"] == "main"
    assert night.there.cli("incident", "list", "--status", "all")[0]["id"] == "INC-1"


def test_its_response_clock_is_the_runbooks_own_and_stops_at_the_acknowledgement(night: Night) -> None:
    (before,) = (one for one in night.found["clocks"] if one["kind"] == "response")
    (after,) = (one for one in night.closed["clocks"] if one["kind"] == "response")
    assert (before["phrase"].casefold(), before["state"]) == ("within 1 hour", "running")
    assert after["state"] == "met"
    assert night.closed["acknowledged_by"] == "you"


def test_the_contact_is_told_and_unconfirmed_ones_are_not(night: Night) -> None:
    assert {one["payload"]["contact"] for one in said(night.closed, "told")} == {"on-call"}
    assert any("INC-1" in json.dumps(one.body) for one in night.there.sink.messages)
    assert "telling_failed" not in kinds(night.closed)


def test_who_was_told_of_the_incident_is_told_that_it_is_over(night: Night) -> None:
    assert {"opened", "resolved"} <= {one["payload"]["event"] for one in said(night.closed, "told")}


def test_the_cause_is_the_idle_reader_and_not_the_migration(night: Night) -> None:
    verdict = night.found["verdict"]
    assert verdict["cause"] == "ddl_queue_behind_idle_tx"
    (root,) = (one for one in verdict["tree"] if one["root"])
    assert root["pid"] == night.pid
    assert verdict["remedy"]["command"] == f"fireline resolve terminate-session {night.pid} --target main"
    assert verdict["rejected"]
    assert verdict["evidence"]


def test_the_procedure_is_picked_by_its_symptoms_and_says_why(night: Night) -> None:
    (run,) = night.found["runs"]
    assert run["title"] == PROCEDURE
    (matched,) = said(night.found, "matched")
    assert matched["payload"]["words"]
    assert matched["payload"]["score"] >= 0.35


def test_the_reading_steps_ran_by_themselves_and_say_why_they_fail(night: Night) -> None:
    steps = night.found["runs"][0]["steps"]
    assert [step["state"] for step in steps] == ["failed", "failed", "failed", "waiting"]
    errors = [outcome_of(step)["error"] for step in steps[:3]]
    assert "calculate_database_health_score" in errors[0]
    assert "detect_performance_bottlenecks" in errors[1]
    assert "mean_time" in errors[2]


def test_what_looks_like_a_read_and_writes_was_not_run(night: Night) -> None:
    step = night.found["runs"][0]["steps"][3]
    assert step["command"] == "SELECT optimize_database();"
    assert step["level"] != "read"
    assert step["attempts"] == []
    assert "optimize_database" in step["level_reason"]


def test_nothing_was_changed_before_a_person_agreed(night: Night) -> None:
    assert night.untouched


def test_a_yes_to_something_else_does_not_count(night: Night) -> None:
    assert set(night.refusals) >= {"another hash", "the hash of what stood there before"}
    assert "level" in night.refusals["a level that nobody has named"]


def test_the_plan_says_what_is_lost_and_that_there_is_no_way_back(night: Night) -> None:
    assert night.asked["level"] == "reversible"
    assert str(night.pid) in night.asked["plan"]["summary"]
    assert night.asked["plan"]["effect"]
    assert night.asked["plan"]["undo"]


def test_after_the_yes_the_session_is_gone_and_the_query_answers(night: Night) -> None:
    assert night.gone
    assert night.answered is not None
    assert night.migrated


def test_the_probe_turns_green_by_itself(night: Night) -> None:
    assert night.mended["verdict"]["probe_state"] == "green"
    assert "green" in [one["payload"]["state"] for one in said(night.mended, "probe")]


def test_it_can_not_be_resolved_while_a_step_waits_nor_closed_before_the_post_mortem(night: Night) -> None:
    assert "still" in night.refusals["resolving in the middle of it"]
    assert "post-mortem" in night.refusals["closing before the post-mortem was read"]
    assert night.closed["status"] == "reviewed"


def test_the_draft_holds_what_happened(night: Night) -> None:
    for words in ("INC-1", PROCEDURE, f"terminate-session {night.pid}", "mean_time", "ended the idle session"):
        assert words in night.draft
    assert "[Contact Info]" not in night.draft


def test_the_timeline_tells_the_story_in_order_and_is_whole(night: Night) -> None:
    order = [kinds(night.closed).index(kind) for kind in ("opened", "matched", "acknowledged", "replaced", "approved", "resolved", "closed")]  # fmt: skip
    assert order == sorted(order)
    assert night.there.cli("incident", "verify", "INC-1")["whole"]


def test_what_was_changed_is_listed(night: Night) -> None:
    (change,) = night.closed["changes"]
    assert change["by"] == "you"
    assert str(night.pid) in change["summary"]


def test_no_secret_is_in_the_store_nor_in_what_the_processes_say(night: Night) -> None:
    there = night.there
    assert there.person.token is not None
    dsns = [there.school.dsn(role).reveal() for role in ("fireline", "fireline_read")]
    secrets = [there.person.token, there.person.password, there.home.token]
    every = there.everything_stored() + "".join(
        (there.home.folder / name).read_text() for name in ("up.out", "up.log", "school/log", ".fireline/postgres/log")
    )
    assert "INC-1" in json.dumps(night.closed)
    assert "HighQueryLatency" in every
    for secret in [*dsns, *(one.split(":")[2].split("@")[0] for one in dsns), *(one.reveal() for one in secrets)]:
        assert secret not in every
