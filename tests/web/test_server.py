"""The site as a whole: the shape of every page, what stands on all of them, static files, and how it stops."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fireline.incident.people import Actor
from fireline.web.render import STATIC, static
from tests.web import story
from tests.web.site import PAGES, Browser, Site

MAYA = Actor("maya", role="admin")


@pytest.fixture(scope="module")
def maya(still: Site) -> Iterator[Browser]:
    """An admin who only looks."""
    with still.client("maya", "admin") as browser:
        yield browser


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_one_title_one_main_and_no_inline_script_or_style(maya: Browser, path: str) -> None:
    page = maya.get(path)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert page.text.count("<main") == 1
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=|javascript:|hx-on", page.text)


def test_hostile_texts_stay_texts_everywhere(site: Site) -> None:
    with site.client("maya", "admin") as browser:
        number = story.declare(site, MAYA, title=story.HOSTILE, symptom=story.HOSTILE)
        story.look(
            site, number, title=story.HOSTILE, tree=[{"pid": 1, "depth": 0, "text": story.HOSTILE, "root": True}]
        )
        site.do(MAYA, "incident.note", incident=str(number), text=story.HOSTILE)
        site.do(MAYA, "halt.set", reason=story.HOSTILE)
        for path in (
            "/incidents",
            f"/incidents/{number}",
            f"/incidents/{number}/postmortem",
            "/incidents?search=%3Cscript%3E",
        ):
            page = browser.get(path).text
            assert "<script>alert" not in page, path
            assert "&lt;script&gt;" in page, path


def test_a_halt_is_on_every_page_until_it_is_lifted(site: Site) -> None:
    with site.client("maya") as browser:
        page = browser.submit("halt.set", back="/runs", reason="wrong target")
        assert page.url.path == "/runs"
        assert "wrong target" in page.text
        assert "wrong target" in browser.get("/people").text
        assert "Lift the halt" in page.text
        assert "wrong target" not in browser.submit("halt.lift", back="/runs").text


def test_static_files_are_kept_for_good_under_the_mark_of_their_content(site: Site) -> None:
    with site.stranger() as browser:
        marked = browser.get(static("fireline.css"))
        assert marked.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert browser.get("/static/fireline.css").headers["cache-control"] == "no-cache"
        assert browser.get("/static/../server.py").status_code == 404
        assert browser.get("/login").headers["cache-control"] == "no-store"


def test_vendored_scripts_are_whole_and_come_with_their_licence() -> None:
    for name in ("htmx.min.js", "hx-sse.min.js", "htmx-LICENSE.txt"):
        assert (STATIC / "vendor" / name).stat().st_size > 500
    assert "4.0.1" in (STATIC / "vendor" / "htmx.min.js").read_text()


def test_the_server_stops_at_once_although_pages_are_open(store_url: str, tmp_path: Path) -> None:
    with Site(store_url, tmp_path) as site, site.client("maya") as browser:
        stream = browser.send(browser.build_request("GET", "/incidents/1/events"), stream=True)
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        before = time.monotonic()
        site.__exit__()
        assert time.monotonic() - before < 8
        assert list(lines).count("event: changed") == 1
        stream.close()


def test_the_start_page_is_the_list_of_incidents(site: Site) -> None:
    with site.client("maya") as browser:
        assert browser.get("/").url.path == "/incidents"
