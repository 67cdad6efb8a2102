"""The page of sources: where to send, how, what came, and a test that wakes nobody."""

from __future__ import annotations

import httpx

from fireline.detect import intake
from tests.web.site import DOOR, Site


def test_a_person_sees_how_each_sender_is_set_up_and_no_token(site: Site) -> None:
    with site.client("maya") as browser:
        page = browser.get("/sources").text
    assert f"{site.settings.server.url}/in/prom?token=TOKEN" in page
    assert "Nothing has come yet" in page
    assert "curl" in page
    assert DOOR not in page


def test_what_came_and_what_was_refused_is_counted(site: Site) -> None:
    url = f"{site.url}/in/prom"
    assert httpx.post(url, json={"summary": "disk full"}, headers={"Authorization": f"Bearer {DOOR}"}).is_success
    assert httpx.post(url, json={"summary": "disk full"}).status_code == 401
    assert httpx.post(f"{site.url}/in/nobody", json={}).status_code == 404
    site.app.state.door.close()  # counts are written behind the deliveries
    with site.client("maya") as browser:
        page = browser.get("/sources").text
    assert "1 accepted" in page
    assert "1 refused" in page
    assert "Last refused with 401: the token is absent or wrong" in page
    assert "deliveries that name no source" in page


def test_a_test_is_taken_and_opens_nothing(site: Site) -> None:
    with site.client("maya") as browser:
        waiting = browser.submit("source.test", source="prom")
        assert "No worker has taken it yet" in waiting.text
        assert intake.take(site.context.store, site.settings, site.context.scheme()) == 1
        taken = browser.get(str(waiting.url)).text
        assert "A worker took it after" in taken
        assert "woke nobody" in taken
        assert "No alert has come in yet" in browser.get("/alerts").text
        assert browser.get("/incidents?status=all").text.count("INC-1") == 0
        assert browser.get("/sources", params={"tested": "nonsense"}).status_code == 200
        assert browser.submit("source.test", source="nobody").status_code == 404


def test_who_only_looks_sends_no_test(site: Site) -> None:
    with site.client("vera", "viewer") as browser:
        assert "Send a test" not in browser.get("/sources").text
        assert browser.submit("source.test", source="prom").status_code == 403
