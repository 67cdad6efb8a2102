"""The inbound doors over HTTP: a body is never read further than its limit."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx

from fireline.store.connect import all_rows
from tests.web.site import DOOR, Site

BEARER = {"Authorization": f"Bearer {DOOR}"}


def test_a_delivery_is_answered_once_it_is_stored(site: Site) -> None:
    with site.stranger() as sender:
        answer = sender.post("/in/prom", json={"title": "disk full"}, headers=BEARER)
    assert answer.status_code == 202
    with site.context.store.transaction() as conn:
        rows = all_rows(conn, "SELECT id, source, body FROM signal")
    assert [(row["id"], row["source"]) for row in rows] == [(answer.json()["signal"], "prom")]
    assert rows[0]["body"]["title"] == "disk full"


def test_a_wrong_token_an_unknown_source_and_a_look_are_turned_away(site: Site) -> None:
    with site.stranger() as sender:
        assert sender.post("/in/prom", json={"title": "x"}, headers={"Authorization": "Bearer no"}).status_code == 401
        assert sender.post("/in/nobody", json={"title": "x"}, headers=BEARER).status_code == 404
        assert sender.delete("/in/prom").status_code == 405
        assert sender.post("/in/prom", content=b"{broken", headers=BEARER).status_code == 400


def test_a_body_over_the_limit_is_not_read_to_its_end(store_url: str, tmp_path: Path) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(2000):
            sent += 1
            yield b"x" * 10_000

    with Site(store_url, tmp_path, max_body=50_000) as site, site.stranger() as sender:
        small = sender.post("/in/prom", content=json.dumps({"title": "x" * 100}), headers=BEARER)
        assert small.status_code == 202
        declared = sender.post("/in/prom", content=b"x" * 60_000, headers=BEARER)
        assert declared.status_code == 413
        assert "error" in declared.json()
        # The connection is closed on a sender that goes on: it sees the answer or the end of the connection.
        with contextlib.suppress(httpx.TransportError):
            assert sender.post("/in/prom", content=endless(), headers=BEARER).status_code == 413
    assert sent < 2000


def test_the_doors_answer_with_the_same_headers_as_all_else(site: Site) -> None:
    with site.stranger() as sender:
        for answer in (sender.post("/in/prom", json={"title": "x"}, headers=BEARER), sender.delete("/in/prom")):
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Type"] == "application/json"
        assert sender.delete("/in/prom").headers["Allow"] == "GET, POST, PUT"
        assert sender.post("/in/", json={"title": "x"}, headers=BEARER).status_code == 404
        assert sender.post("/in/prom/more", json={"title": "x"}, headers=BEARER).status_code == 404


def test_a_sender_that_goes_in_the_middle_of_a_body_leaves_nothing(site: Site) -> None:
    place = httpx.URL(site.url)
    head = f"POST /in/prom HTTP/1.1\r\nHost: x\r\n{'Authorization'}: Bearer {DOOR}\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection((place.host, place.port or 80)) as sender:
        sender.sendall(head.encode() + b'{"title": "half of')
    with site.stranger() as other:
        assert other.post("/in/prom?token=" + DOOR, json={"title": "whole"}).status_code == 202
    with site.context.store.transaction() as conn:
        assert [row["body"] for row in all_rows(conn, "SELECT body FROM signal")] == [{"title": "whole"}]
