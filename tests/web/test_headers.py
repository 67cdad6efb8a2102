"""What every answer carries, whatever it is an answer to."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline.web.headers import CONTENT_POLICY
from tests.web.site import PASSWORD, Site, field

PLACES = [
    ("GET", "/login"),
    ("GET", "/incidents"),
    ("GET", "/nothing/here"),
    ("GET", "/static/fireline.css"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/api/v1/openapi.json"),
    ("POST", "/api/v1/incident/ack"),
    ("POST", "/in/nobody"),
    ("DELETE", "/incidents"),
    ("GET", "/ack/wrong"),
]


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_every_answer_has_the_policy_and_its_companions(still: Site, method: str, path: str) -> None:
    with still.stranger() as browser:
        headers = browser.request(method, path).headers
    assert headers["content-security-policy"] == CONTENT_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "cache-control" in headers
    assert "strict-transport-security" not in headers


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY
    assert CONTENT_POLICY.startswith("default-src 'none'")


def test_an_error_nobody_foresaw_is_a_calm_page_with_the_headers(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2secret")

    with site.client("maya") as browser:
        monkeypatch.setattr("fireline.web.pages.runbooks.perform", broken)
        answer = browser.get("/runbooks")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == CONTENT_POLICY
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert "Something went wrong inside Fireline." in answer.text


def test_behind_tls_browsers_are_told_to_stay_there_and_cookies_to_travel_no_other_way(
    store_url: str, tmp_path: Path
) -> None:
    with Site(store_url, tmp_path, public_url="https://fireline.example.org") as site:
        site.person("maya")
        with site.stranger() as browser:
            page = browser.get("/login")
            assert page.headers["strict-transport-security"] == "max-age=31536000"
            mark = field(page.text, "csrf")
            sent = {"name": "maya", "password": PASSWORD, "csrf": mark}
            cookies = {
                "Cookie": f"fireline_before={mark}"
            }  # the client keeps secure cookies from plain HTTP, as it should
            answer = browser.post("/login", data=sent, headers=cookies)
    assert all("Secure" in value for value in answer.headers.get_list("set-cookie") if "Max-Age=0" not in value)
    assert answer.status_code == 303
