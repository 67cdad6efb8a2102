"""Acknowledging from a message."""

from __future__ import annotations

from datetime import timedelta

from fireline import clock
from fireline.incident import ack_link
from fireline.incident.people import Actor
from tests.web import story
from tests.web.site import Browser, Site

MAYA = Actor("maya", role="admin")


def test_acknowledging_from_a_message_needs_no_login_and_looking_changes_nothing(site: Site) -> None:
    number = story.declare(site, site.person("maya"), title="Login is slow")
    with site.context.store.transaction() as conn:
        token = ack_link.make(conn, number, "primary")
    with Browser(site.url) as phone:
        page = phone.get(f"/ack/{token}")
        assert "Login is slow" in page.text
        assert "timeouts" not in page.text
        assert site.do(MAYA, "incident.show", incident=str(number))["acknowledged_at"] is None
        assert "Acknowledged by primary" in phone.post(f"/ack/{token}").text
        assert "Acknowledged by primary" in phone.post(f"/ack/{token}").text
    assert site.do(MAYA, "incident.show", incident=str(number))["acknowledged_by"] == "primary"
    with clock.moved(timedelta(days=2)), Browser(site.url) as phone:
        assert phone.get(f"/ack/{token}").status_code == 409
