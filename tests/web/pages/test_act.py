"""The one door of all forms."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from tests.web import story
from tests.web.site import Browser, Site

MAYA = Actor("maya", role="admin")


@pytest.mark.parametrize(
    ("operation", "fields", "kind"),
    [
        ("incident.take", {}, "commander"),
        ("incident.note", {"text": "looking"}, "note"),
        ("incident.severity", {"severity": "P0", "reason": "all users"}, "severity"),
        ("incident.status", {"status": "containing"}, "status"),
        ("incident.impact", {"text": "nobody can save", "users": "12"}, "impact"),
        ("incident.impact", {"text": "", "users": "0"}, "impact"),
        ("incident.role", {"role": "scribe", "person": "maya"}, "role"),
        ("incident.resolve", {"resolution": "it was ended"}, "resolved"),
        ("incident.dismiss", {"reason": "a drill"}, "dismissed"),
    ],
)
def test_each_form_of_an_incident_does_its_operation(
    site: Site, operation: str, fields: dict[str, str], kind: str
) -> None:
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"))
        page = browser.get(f"/incidents/{number}")
        assert f'action="/do/{operation}"' in page.text
        page = browser.submit(operation, back=f"/incidents/{number}", incident=f"INC-{number}", **fields)
        assert page.status_code == 200
    kinds = [event["kind"] for event in site.do(MAYA, "incident.timeline", incident=str(number))]
    assert kind in kinds


def test_a_form_with_an_unknown_field_or_operation_does_nothing(site: Site) -> None:
    with site.client("maya") as browser:
        assert browser.submit("incident.ack", incident="1", colour="red").status_code == 422
        assert browser.submit("incident.explode").status_code == 404


@pytest.mark.parametrize(
    ("operation", "fields", "after"),
    [
        ("run.reject", {"reason": "not now"}, "cancelled"),
        ("run.skip", {"reason": "not needed"}, "skipped"),
        ("run.replace", {"command": "SELECT 1", "language": "sql", "reason": "safer"}, "planned"),
    ],
)
def test_each_form_of_a_step_does_its_operation(
    ward: Site, patient: Target, operation: str, fields: dict[str, Any], after: str
) -> None:
    number = story.night(ward, patient)
    run = ward.do(MAYA, "incident.show", incident=str(number))["runs"][0]
    waiting = next(step for step in run["steps"] if step["state"] == "waiting")
    with Browser(ward.url) as browser:
        browser.log_in("maya")
        assert f'action="/do/{operation}"' in browser.get(f"/incidents/{number}").text
        page = browser.submit(
            operation, back=f"/incidents/{number}", run=run["run"], step=waiting["position"], **fields
        )
        assert page.status_code == 200
    steps = ward.do(MAYA, "run.show", run=run["run"])["steps"]
    assert next(step for step in steps if step["position"] == waiting["position"])["state"] == after
