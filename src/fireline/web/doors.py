"""The inbound doors: a body is read no further than its limit, then `detect` checks, stores and answers.

They stand before all other layers, since senders come by the thousand and need none of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from fireline.detect.door import Door
from fireline.detect.source import Answer

PATH = "/in/"


class Doors:
    """POST /in/NAME is a delivery of the source NAME, a path of some format one of that format; all else goes on."""

    def __init__(self, app: ASGIApp, door: Door, always: Mapping[str, str]) -> None:
        self.app = app
        self.door = door
        told = {"Cache-Control": "no-store", **always}
        self._always = [(name.lower().encode(), value.encode()) for name, value in told.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one delivery; answered once it is durable."""
        path = scope["path"] if scope["type"] == "http" else ""
        named = path.startswith(PATH)
        found = None if named or not path else self.door.routes.find(_undecoded(scope))
        if not named and found is None:
            await self.app(scope, receive, send)
            return
        methods = found.methods if found else self.door.methods(path.removeprefix(PATH))
        method = scope["method"]
        if method not in methods:
            told = {"error": f"{method[:20]} is not for this path"}  # which may hold a token
            answer = Answer(405, told, {"Allow": ", ".join(sorted(methods))})
            await self._answer(send, answer, without_body=method == "HEAD")
            return
        body = await read_body(receive, self.door.max_body)
        if body is None:
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        if found is None:
            given = await self.door.receive(path.removeprefix(PATH), headers, query, body, method=method)
        else:
            given = await self.door.receive_at(found, method, headers, query, body)
        await self._answer(send, given, close=len(body) > self.door.max_body, without_body=method == "HEAD")

    async def _answer(self, send: Send, given: Answer, *, close: bool = False, without_body: bool = False) -> None:
        """close: the rest of the body is not waited for."""
        kind, told = _told(given.body)
        own = {**kind, **given.headers, "Content-Length": str(len(told)), **({"Connection": "close"} if close else {})}
        headers = [*self._always, *((name.lower().encode(), value.encode("latin-1")) for name, value in own.items())]
        await send({"type": "http.response.start", "status": given.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if without_body else told})


def _undecoded(scope: Scope) -> str:
    """The path as it was sent: a slash inside a name is still told apart from one between names."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")


def _told(body: dict[str, Any] | str | None) -> tuple[dict[str, str], bytes]:
    if body is None:
        return {}, b""
    if isinstance(body, str):
        return {"Content-Type": "text/plain; charset=utf-8"}, body.encode()
    return {"Content-Type": "application/json"}, json.dumps(body).encode()


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The body, cut off behind the first part that makes it larger than the limit; None when the sender has gone."""
    parts: list[bytes] = []
    size, more = 0, True
    while more and size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
    return b"".join(parts)
