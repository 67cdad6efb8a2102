from __future__ import annotations

import pytest

from fireline.detect.routes import Found, Routes
from fireline.detect.source import Route, Source

ROUTES = Routes(
    [
        Source("one", "one", lambda inbound: [], routes=(Route("/v2/enqueue"), Route("/v2/change/enqueue"))),
        Source(
            "two",
            "two",
            lambda inbound: [],
            routes=(Route("/v2/alerts"), Route("/v2/alerts/{identifier}/{action}"), Route("/ping/{rest:path}")),
        ),
    ]
)


@pytest.mark.parametrize(
    ("path", "format_", "place"),
    [
        ("/v2/enqueue", "one", {}),
        ("/v2/enqueue/", "one", {}),
        ("/v2/change/enqueue", "one", {}),
        ("/v2/alerts", "two", {}),
        ("/v2/alerts/a%2Fb%20c/close", "two", {"identifier": "a/b c", "action": "close"}),
        ("/ping/key/slug/fail", "two", {"rest": "key/slug/fail"}),
    ],
)
def test_a_path_that_a_sender_knows_leads_to_its_format(path: str, format_: str, place: dict[str, str]) -> None:
    found = ROUTES.find(path)
    assert isinstance(found, Found)
    assert (found.format, dict(found.place), found.methods) == (format_, place, frozenset({"POST"}))


@pytest.mark.parametrize("path", ["", "/", "/v2", "/v2/enqueue/more", "/v2/alerts/x", "/ping", "/ping/", "v2/enqueue"])
def test_every_other_path_belongs_to_no_format(path: str) -> None:
    assert ROUTES.find(path) is None
