"""Who is asking, and that a form comes from a page of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from fireline import clock
from fireline.web.visitor import back
from tests.web.site import PAGES, Browser, Site


@pytest.fixture(scope="module")
def vera(still: Site) -> Iterator[Browser]:
    """A viewer."""
    with still.client("vera", "viewer") as browser:
        yield browser


@pytest.mark.parametrize("path", PAGES)
def test_a_viewer_sees_a_page_without_a_single_control_that_changes_something(vera: Browser, path: str) -> None:
    page = vera.get(path).text
    own = {"/do/person.password"}
    assert set(re.findall(r'action="(/do/[^"]+)"', page)) <= own


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/incidents/7", "/incidents/7"),
        ("/alerts?search=a&before=3", "/alerts?search=a&before=3"),
        ("", "/"),
        ("incidents", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
    ],
)
def test_only_a_path_of_this_server_is_returned_to(path: str, kept: str) -> None:
    assert back(path) == kept


def test_a_role_that_changes_holds_from_the_next_click(site: Site) -> None:
    with site.client("ada", "admin") as admin, site.client("maya", "viewer") as browser:
        assert browser.submit("halt.set", reason="x").status_code == 403
        admin.submit("person.change", name="maya", role="responder")
        assert browser.submit("halt.set", reason="x").status_code == 200
        admin.submit("person.disable", name="maya")
        assert browser.get("/incidents").url.path == "/login"


def test_a_session_ends_when_it_is_not_used(site: Site) -> None:
    with site.client("maya") as browser:
        with clock.moved(timedelta(hours=11)):
            assert browser.get("/account").url.path == "/account"
        with clock.moved(timedelta(hours=24)):
            assert browser.get("/account").url.path == "/login"
