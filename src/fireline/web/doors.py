"""The inbound doors: a body is read no further than its limit, then `detect` checks, stores and answers."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response

from fireline.detect.door import Door


async def receive(request: Request) -> Response:
    """Take one delivery of an alert source; answered once it is durable."""
    door: Door = request.app.state.door
    body = await read_body(request, door.max_body)
    headers = {key.lower(): value for key, value in request.headers.items()}
    given = await door.receive(request.path_params["source"], headers, dict(request.query_params), body)
    extra = {"Connection": "close"} if len(body) > door.max_body else {}  # the rest of it is not waited for
    return Response(json.dumps(given.body), given.status, {**given.headers, **extra}, "application/json")


async def read_body(request: Request, limit: int) -> bytes:
    """The body, cut off behind the first part that makes it larger than the limit: no more is ever kept."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > limit:
            break
    return b"".join(parts)
