"""The feed of changes."""

from __future__ import annotations

import re

from fireline.incident.people import Actor
from tests.web.site import Site

MAYA = Actor("maya")


def test_the_feed_is_searched_filtered_and_paged(site: Site) -> None:
    with site.client("maya") as browser:
        assert "No change is known yet" in browser.get("/changes").text
        for number in range(60):
            at = f"2026-03-01T10:{number:02}+00:00"
            site.do(MAYA, "change.add", title=f"shop {number}", at=at, url="https://ci.example.org/1")
        site.do(MAYA, "change.add", title="100% of <users>", kind="setting", target="main")
        page = browser.get("/changes").text
        assert "100% of &lt;users&gt;" in page
        assert page.index("of &lt;users&gt;") < page.index("shop 59") < page.index("shop 58")
        assert 'href="https://ci.example.org/1"' in page
        following = re.search(r'href="([^"]+)" rel="next"', page)
        assert following
        older = browser.get(following[1].replace("&amp;", "&")).text
        assert re.findall(r"shop \d+", older)[:2] == ["shop 10", "shop 9"]
        assert "shop" not in browser.get("/changes", params={"kind": "setting"}).text.split('id="new"')[0]
        found = browser.get("/changes", params={"search": "0%"}).text
        assert "of &lt;users&gt;" in found
        assert "shop 10" not in found
        assert 'href="/changes"' in browser.get("/alerts").text


def test_a_person_writes_a_change_down_on_the_page(site: Site) -> None:
    with site.client("maya") as browser:
        sent = browser.submit("change.add", "/changes", title="new certificate", kind="other")
        assert sent.status_code in (200, 303)
        assert "new certificate" in browser.get("/changes", params={"kind": "other"}).text
