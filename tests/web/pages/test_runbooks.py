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


def test_what_would_fail_is_counted_in_the_list_and_told_on_the_runbooks_page(ward: Site, patient: Target) -> None:
    del patient
    with ward.client("maya") as browser:
        assert "4 errors" in browser.get("/runbooks").text
        shown = browser.get("/runbooks/1").text
        assert "<code>eas build:rollback</code> is no command of" in shown
        assert 'href="#step-' in shown
        assert "Not checked: " in shown
        held = browser.get("/runbooks/1", params={"target": "main"}).text
        assert "held against main" in held
        assert "no target was named" not in held
        assert browser.get("/runbooks/1", params={"target": "gone"}).status_code == 404


def test_a_target_that_is_away_leaves_the_page_as_it_is(site: Site) -> None:
    with site.client("maya") as browser:
        shown = browser.get("/runbooks/1", params={"target": "main"})
    assert shown.status_code == 200
    assert "Its SQL was not held against it." in shown.text
    assert "<code>eas build:rollback</code> is no command of" in shown.text
