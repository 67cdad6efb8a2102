"""The runbooks as Fireline reads them."""

from __future__ import annotations

from fireline.postgres.connect import Target
from tests.web import story
from tests.web.site import Site


def test_a_procedure_is_chosen_for_an_incident_or_started_by_itself(ward: Site, patient: Target) -> None:
    story.school(patient)
    number = story.declare(ward, ward.person("ada", "admin"))
    with ward.client("maya") as browser:
        listed = browser.get("/runbooks", params={"incident": f"INC-{number}", "search": "locks"}).text
        assert "Everything Waits" in listed
        assert "Queries Hang" not in listed
        assert f"Use for INC-{number}" in listed
        chosen = browser.submit(
            "incident.choose", back=f"/incidents/{number}", incident=str(number), procedure="Everything Waits"
        )
        assert "Everything Waits" in chosen.text
        alone = browser.submit("run.start", back="/runbooks", procedure="Everything Waits")
        assert alone.url.path == "/runs/2"
        story.go_on(ward, 2)
        assert "succeeded" in browser.get("/runs/2").text
        assert "Everything Waits" in browser.get("/runs").text
