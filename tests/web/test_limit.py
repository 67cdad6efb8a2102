"""No request is read further than its limit, wherever it goes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx
import pytest

from fireline.web.limit import LARGEST
from tests.web.site import Site

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("path", "kind"), [("/login", FORM), ("/do/incident.note", FORM), ("/api/v1/incident/note", JSON)]
)
def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read(
    site: Site, path: str, kind: dict[str, str]
) -> None:
    with site.client("maya") as browser:
        answer = browser.post(path, content=b"x" * (LARGEST + 1), headers=kind)
    assert answer.status_code == 413
    assert "larger than 2,000,000 bytes" in answer.text


def test_a_body_that_does_not_end_is_cut_off(site: Site) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b"{"
        for _ in range(100):
            sent += 1
            yield b"x" * 1_000_000

    with site.stranger() as browser, contextlib.suppress(httpx.TransportError):
        assert browser.post("/api/v1/incident/note", content=endless(), headers=JSON).status_code == 413
    assert sent < 100


def test_what_is_allowed_goes_through(site: Site) -> None:
    with site.client("maya") as browser:
        answer = browser.post("/api/v1/incident/declare", json={"title": "x" * 1000, "symptom": "y" * 900_000},
                              headers={"X-CSRF-Token": browser.mark()})  # fmt: skip
    assert answer.status_code in (200, 422)
