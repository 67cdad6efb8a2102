"""Errors, as whoever asked can read them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fireline.incident.people import Actor
from tests.web import story
from tests.web.site import Browser, Site


@pytest.fixture(scope="module")
def maya(still: Site) -> Iterator[Browser]:
    """A responder who only looks."""
    with still.client("maya") as browser:
        yield browser


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/incidents/99",
        "/incidents/99/postmortem",
        "/runs/99",
        "/alerts/99",
        "/runbooks/99",
        "/ack/wrong",
        "/static/no.css",
    ],
)
def test_what_is_not_there_is_said_calmly(maya: Browser, path: str) -> None:
    page = maya.get(path)
    assert page.status_code == 404
    assert "There is no such thing" in page.text
    assert "Traceback" not in page.text


def test_an_error_in_place_is_a_sentence_beside_the_form(site: Site) -> None:
    with site.client("maya") as browser:
        data = {"csrf": browser.mark(), "incident": "INC-99", "text": "<b>"}
        answer = browser.post("/do/incident.note", data=data, headers={"HX-Request": "true"})
        assert answer.status_code == 404
        assert answer.text.startswith("There is no incident INC-99. ")
        number = story.declare(site, Actor("maya"))
        done = browser.post("/do/incident.note", data={**data, "incident": str(number)}, headers={"HX-Request": "true"})
        assert (done.status_code, done.headers["HX-Trigger"]) == (204, "changed")
