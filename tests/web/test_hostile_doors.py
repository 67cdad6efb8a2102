"""Requests that were made to hurt, at the protocol: none is a 500, none hangs, and no token is told back."""

from __future__ import annotations

import json
import socket

import httpx
import pytest

from tests.web.site import DOOR, Site

KEY = "keykeykeykeykeykeykeykeykeykey12"
GOOD = b'{"title": "x"}'


def ask(site: Site, line: str, headers: dict[str, str], body: bytes) -> bytes:
    """All that the server says before it closes the connection."""
    place = httpx.URL(site.url)
    told = {"Host": "x", "Connection": "close", "Authorization": f"Bearer {DOOR}", **headers}
    head = "".join([f"{line} HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in told.items()), "\r\n"])
    said = b""
    with socket.create_connection((place.host, place.port or 80), timeout=10) as sender:
        sender.sendall(head.encode("latin-1") + body)
        while part := sender.recv(65_536):
            said += part
    return said


@pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_no_method_at_no_path_breaks_the_server_or_tells_a_token_back(still: Site, method: str) -> None:
    for path in ("/in/prom", "//v2/enqueue", "/v2/%2e%2e/enqueue", "/v2/alerts/%00/close", "/v2/alerts/%ff/close", "/in/%00",
                 f"/ping/{KEY}/job", "/in/" + "a" * 20_000, "/v2/%zz/enqueue", "/in/prom?" + "&".join(f"f{n}=" for n in range(1_000)),
                 "http://elsewhere/in/prom"):  # fmt: skip
        said = ask(still, f"{method} {path}", {"Content-Length": str(len(GOOD))}, GOOD)
        assert said[:10] in (b"HTTP/1.1 2", b"HTTP/1.1 3", b"HTTP/1.1 4"), (path, said)
        assert KEY.encode() not in said


@pytest.mark.parametrize(
    "body",
    [b"[" * 900_000, b"[" * 10_000 + b"]" * 10_000, b'{"title": ' + b"9" * 500_000 + b"}", b"NaN", '{"title": "x"}'.encode("utf-16"),
     b'{"title": "\\ud800\\u0000", "title": null}', b'{"title": "' + b"-eyJaaaaaaaa" * 50_000 + b'"}'],
)  # fmt: skip
def test_a_body_is_taken_or_refused_in_one_line(still: Site, body: bytes) -> None:
    said = ask(still, "POST /in/prom", {"Content-Length": str(len(body))}, body)
    assert said.split()[1] in (b"202", b"400", b"413")
    assert len(json.loads(said.partition(b"\r\n\r\n")[2]).get("error", "")) < 300
