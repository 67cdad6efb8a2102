"""What Fireline does while nobody does anything: the clock of all its processes is moved instead of waited for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fireline.errors import FirelineError, Refused
from tests.acceptance.place import Place, View, waits

QUARTER = timedelta(minutes=46)  # past three quarters of the hour that P1 gives


def said(view: View, kind: str) -> list[Any]:
    return [one["payload"] for one in view["timeline"] if one["kind"] == kind]


def told(view: View) -> list[str]:
    return [one["event"] for one in said(view, "told")]


def test_nobody_acknowledges_so_people_are_told_again_and_the_clock_warns_and_breaks(there: Place) -> None:
    name = there.cli("declare", "checkout is slow for everybody", "--severity", "P1")["id"]
    there.show(name, lambda view: "opened" in told(view))
    there.move(timedelta(minutes=6))
    there.show(name, lambda view: len(told(view)) > 1)
    there.move(QUARTER - timedelta(minutes=6))
    view = there.show(name, lambda view: said(view, "clock_at_risk"))
    assert view["clocks"][0]["state"] == "at_risk"
    there.move(timedelta(hours=1) - QUARTER + timedelta(minutes=1))
    view = there.show(name, lambda view: said(view, "clock_breached") and "breached" in told(view))
    assert view["clocks"][0]["state"] == "breached"
    assert said(view, "clock_breached")[0]["kind"] == "response"
    assert "late" in there.cli("ack", name)["text"]
    before = len(told(there.show(name)))
    there.move(timedelta(minutes=20))
    later = there.cli("declare", "another one", "--severity", "P3")["id"]
    there.show(later, lambda view: view["timeline"])
    assert len(told(there.show(name))) == before, "who has acknowledged is not told again"


def test_an_approval_is_not_valid_for_ever(there: Place) -> None:
    run = there.cli("run", "start", "Database Performance Issues", "--target", "main")["run"]
    step = there.run(run, lambda view: view["state"] == "waiting")["steps"][3]
    there.move(timedelta(minutes=16))
    with pytest.raises((Refused, FirelineError), match="expire"):
        there.call("run.approve", run=run, step=4, hash=step["approval"]["content_hash"], level="reversible")
    assert there.call("run.show", run=run)["steps"][3]["attempts"] == []
    there.cli("run", "retry", str(run), "4")
    fresh = there.run(run, lambda view: waits({"runs": [view]}))["steps"][3]
    there.cli("approve", str(run), "4", "--hash", fresh["approval"]["content_hash"], "--level", "reversible")
    ended = there.run(run, lambda view: view["steps"][3]["state"] == "succeeded")
    assert "6 tables analyzed" in str(ended["steps"][3]["attempts"][-1])


def test_a_resolved_p1_wants_its_post_mortem_within_the_time_the_runbook_gives(there: Place) -> None:
    name = there.cli("declare", "logins fail for half of the users", "--severity", "P1")["id"]
    there.cli("ack", name)
    view = there.show(name, lambda view: view["wanted"]["kind"] != "nothing")
    for run in view["runs"]:
        there.cli("run", "cancel", str(run["run"]), "--reason", "not this one")
    there.show(name, lambda view: all(run["state"] not in ("running", "waiting") for run in view["runs"]))
    there.cli("incident", "resolve", name, "--resolution", "the provider is back", "--reason", "seen by hand")
    view = there.show(name)
    (clock,) = (one for one in view["clocks"] if one["kind"] == "postmortem")
    assert clock["state"] == "running"
    assert "48 hours" in clock["phrase"].casefold()
    assert view["postmortem"]["required"]
    there.move(timedelta(hours=49))
    there.show(name, lambda view: "postmortem" in [one["kind"] for one in said(view, "clock_breached")])
