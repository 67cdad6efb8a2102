"""Requests at the socket, as clients make them that we do not write."""

from __future__ import annotations

import json
import socket

import httpx
import pytest

from tests.web.site import DOOR, Site

BODY = b'{"summary": "disk full", "details": "\\r\\nUpgrade: h2c\\r\\n"}'


def request(*headers: str, body: bytes = BODY) -> bytes:
    told = ["POST /in/prom HTTP/1.1", "Host: x", f"Authorization: Bearer {DOOR}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*told, *headers, "", ""]).encode() + body


def answers(site: Site, *parts: bytes) -> list[bytes]:
    """The statuses of what the server says to these bytes, sent one after the other."""
    place = httpx.URL(site.url)
    said = b""
    with socket.create_connection((place.host, place.port or 80), timeout=10) as sender:
        for part in parts:
            sender.sendall(part)
        while more := sender.recv(65_536):
            said += more
    return [line.split()[1] for line in said.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


@pytest.mark.parametrize("offer", ["Upgrade: h2c", "upgrade: h2c", "Upgrade: websocket", "UPGRADE: TLS/1.0"])
def test_a_sender_that_offers_another_protocol_is_heard_in_this_one(still: Site, offer: str) -> None:
    told = request("Connection: Upgrade, HTTP2-Settings, close", offer, "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")
    assert answers(still, told) == [b"202"]


def test_headers_and_body_may_come_in_pieces(still: Site) -> None:
    told = request("Connection: Upgrade, close", "Upgrade: h2c")
    place = told.index(b"Connection")
    assert answers(still, told[:place], told[place:-10], told[-10:]) == [b"202"]


def test_a_second_request_on_the_same_connection_may_offer_it_again(still: Site) -> None:
    first = request("Connection: Upgrade", "Upgrade: h2c")
    last = request("Connection: Upgrade, close", "Upgrade: h2c")
    place = httpx.URL(still.url)
    with socket.create_connection((place.host, place.port or 80), timeout=10) as sender:
        sender.sendall(first)
        assert b" 202 " in sender.recv(65_536)
        sender.sendall(last)
        assert b" 202 " in sender.recv(65_536)


def test_a_line_of_the_body_that_looks_like_an_offer_stays(still: Site) -> None:
    assert answers(still, request("Connection: close")) == [b"202"]
    with still.context.store.transaction() as conn:
        row = conn.execute("SELECT body FROM signal ORDER BY received_at DESC LIMIT 1").fetchone()
    assert row is not None
    assert row["body"] == json.loads(BODY)
