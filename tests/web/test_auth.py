"""Logging in and out, the first account, sessions and forged forms."""

from __future__ import annotations

import pytest

from fireline.incident.people import Actor
from fireline.store.connect import one
from fireline.web.auth import code_file, setup_code
from tests.web.site import PASSWORD, Browser, Site, field


def test_a_page_asks_a_stranger_to_log_in_and_comes_back(site: Site) -> None:
    site.person("maya")
    with Browser(site.url) as browser:
        page = browser.get("/alerts")
        assert page.url.path == "/login"
        assert field(page.text, "next") == "/alerts"
        sent = {"name": "maya", "password": PASSWORD, "csrf": field(page.text, "csrf"), "next": "/alerts"}
        assert browser.post("/login", data=sent).url.path == "/alerts"


def test_a_wrong_password_says_so_and_begins_no_session(site: Site) -> None:
    site.person("maya")
    with Browser(site.url) as browser:
        page = browser.log_in("maya", "not this one, no")
        assert page.status_code == 401
        assert "Name or password is wrong." in page.text
        assert browser.get("/incidents").url.path == "/login"


def test_five_wrong_passwords_rest_the_name(site: Site) -> None:
    site.person("maya")
    with Browser(site.url) as browser:
        for _ in range(5):
            assert browser.log_in("maya", "not this one, no").status_code == 401
        page = browser.log_in("maya")
        assert page.status_code == 429
        assert "wait 15 min" in page.text


def test_a_login_form_from_another_site_is_refused(site: Site) -> None:
    site.person("maya")
    with site.stranger() as browser:
        answer = browser.post("/login", data={"name": "maya", "password": PASSWORD, "csrf": ""})
        assert answer.status_code == 403
        assert "fireline_session" not in answer.cookies


def test_logging_out_ends_the_session_for_good(site: Site) -> None:
    with site.client("maya") as browser:
        token = browser.cookies["fireline_session"]
        assert browser.post("/logout", data={"csrf": browser.mark()}).url.path == "/login"
        browser.cookies.set("fireline_session", token)
        assert browser.get("/incidents").url.path == "/login"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(site: Site) -> None:
    site.person("maya")
    with site.stranger() as browser:
        mark = field(browser.get("/login").text, "csrf")
        answer = browser.post("/login", data={"name": "maya", "password": PASSWORD, "csrf": mark})
        cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("fireline_session"))
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie


def test_a_form_without_the_sessions_mark_changes_nothing(site: Site) -> None:
    with site.client("maya") as browser:
        answer = browser.post("/do/halt.set", data={"csrf": "forged", "reason": "mischief"})
        assert answer.status_code == 403
        assert not site.do(Actor("maya"), "halt.show")["halted"]


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil"])
def test_a_form_never_leads_to_another_site(site: Site, back: str) -> None:
    with site.client("maya") as browser:
        browser.follow_redirects = False
        answer = browser.submit("halt.set", back=back, reason="a drill")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/"


def test_the_first_account_is_made_on_the_servers_own_machine(site: Site) -> None:
    with Browser(site.url) as browser:
        page = browser.get("/login")
        assert page.url.path == "/first"
        assert "Setup code" not in page.text
        sent = {"name": "ada", "password": PASSWORD, "csrf": field(page.text, "csrf")}
        assert browser.post("/first", data=sent).url.path == "/incidents"
        assert browser.get("/first").url.path == "/incidents"
    with site.context.store.transaction() as conn:
        found = one(conn, "SELECT name, role FROM person")
    assert found == {"name": "ada", "role": "admin"}


def test_from_elsewhere_the_first_account_wants_the_code_of_the_servers_file(site: Site) -> None:
    with Browser(site.url) as browser:
        browser.headers["X-Forwarded-For"] = "203.0.113.9"
        page = browser.get("/first")
        assert "Setup code" in page.text
        sent = {"name": "ada", "password": PASSWORD, "csrf": field(page.text, "csrf")}
        assert browser.post("/first", data={**sent, "code": "guess"}).status_code == 403
        assert code_file(site.settings).stat().st_mode & 0o077 == 0
        answer = browser.post("/first", data={**sent, "code": setup_code(site.settings)})
        assert answer.url.path == "/incidents"
    assert not code_file(site.settings).exists()


def test_another_host_name_or_a_weak_password_makes_no_first_account(site: Site) -> None:
    with Browser(site.url) as browser:
        assert "Setup code" in browser.get("/first", headers={"Host": "fireline.example.org"}).text
        mark = field(browser.get("/first").text, "csrf")
        page = browser.post("/first", data={"name": "ada", "password": "short", "csrf": mark})
        assert page.status_code == 422
        assert "shorter than 10 characters" in page.text


def test_nobody_makes_a_second_first_account(site: Site) -> None:
    with Browser(site.url) as browser:
        mark = field(browser.get("/first").text, "csrf")
        site.person("maya")
        page = browser.post("/first", data={"name": "eve", "password": PASSWORD, "csrf": mark})
        assert page.status_code == 409
        assert "there is an account already" in page.text
