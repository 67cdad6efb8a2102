"""People, tokens and one's own account."""

from __future__ import annotations

import re

from fireline.incident.people import Actor
from tests.web.site import PASSWORD, Browser, Site

MAYA = Actor("maya", role="admin")


def test_an_admin_adds_changes_and_lets_people_go_and_others_can_not(site: Site) -> None:
    with site.client("ada", "admin") as admin, site.client("maya") as browser:
        admin.submit(
            "person.add",
            back="/people",
            name="nora",
            role="viewer",
            password=PASSWORD,
            display="Nora N",
            email="",
            os_user="",
        )
        assert "Nora N" in admin.get("/people").text
        admin.submit("person.change", name="nora", role="responder")
        assert {one["name"]: one["role"] for one in site.do(MAYA, "person.list")}["nora"] == "responder"
        admin.submit("person.disable", name="nora")
        assert "has left" in admin.get("/people").text
        refused = browser.submit("person.add", name="eve", role="admin")
        assert refused.status_code == 403
        assert "You may not do that" in refused.text


def test_a_token_is_shown_once_and_opens_the_api(site: Site) -> None:
    with site.client("maya") as browser:
        page = browser.post("/account/token", data={"csrf": browser.mark(), "label": "laptop", "days": "30"})
        token = re.search(r"fl_[\w-]+", page.text)
        assert token
        assert token[0] not in browser.get("/account").text
        with site.stranger() as program:
            answer = program.get("/api/v1/person/whoami", headers={"Authorization": f"Bearer {token[0]}"})
            assert answer.json()["name"] == "maya"
        browser.submit("token.revoke", back="/account", token="1")
        assert "revoked" in browser.get("/account").text


def test_changing_the_password_ends_every_session(site: Site) -> None:
    with site.client("maya") as browser, Browser(site.url) as other:
        other.log_in("maya")
        page = browser.submit("person.password", back="/account", name="maya", password="four green lamps")
        assert page.url.path == "/login"
        assert other.get("/account").url.path == "/login"
        assert browser.log_in("maya", "four green lamps").url.path == "/incidents"
