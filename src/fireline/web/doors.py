"""The inbound doors: a body is read no further than its limit, then `detect` checks, stores and answers.

They stand before all other layers, since senders come by the thousand and need none of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from fireline.detect.door import Answer, Door

PATH = "/in/"


class Doors:
    """POST /in/NAME is a delivery of the source NAME; everything else goes on to the application."""

    def __init__(self, app: ASGIApp, door: Door, always: Mapping[str, str]) -> None:
        self.app = app
        self.door = door
        told = {"Content-Type": "application/json", "Cache-Control": "no-store", **always}
        self._always = [(name.lower().encode(), value.encode()) for name, value in told.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one delivery; answered once it is durable."""
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await self.app(scope, receive, send)
            return
        if scope["method"] != "POST":
            told = {"error": f"{scope['method']} is not for {scope['path']}"}
            await self._answer(send, Answer(405, told, {"Allow": "POST"}))
            return
        body = await read_body(receive, self.door.max_body)
        if body is None:
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        given = await self.door.receive(scope["path"].removeprefix(PATH), headers, query, body)
        await self._answer(send, given, close=len(body) > self.door.max_body)

    async def _answer(self, send: Send, given: Answer, *, close: bool = False) -> None:
        """close: the rest of the body is not waited for."""
        told = json.dumps(given.body).encode()
        own = {**given.headers, "Content-Length": str(len(told)), **({"Connection": "close"} if close else {})}
        headers = [*self._always, *((name.lower().encode(), value.encode("latin-1")) for name, value in own.items())]
        await send({"type": "http.response.start", "status": given.status, "headers": headers})
        await send({"type": "http.response.body", "body": told})


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
