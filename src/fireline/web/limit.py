"""No more of a request is read than a page or the API can want; the doors have a limit of their own."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 2_000_000  # bytes: the longest post-mortem, encoded as a form


class BodyLimit:
    """Answers 413 as soon as a body is known to be larger, whoever sends it: before anybody has logged in too."""

    def __init__(self, app: ASGIApp, *, besides: str) -> None:
        self.app = app
        self.besides = besides

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request whose reading stops at the limit."""
        if scope["type"] != "http" or scope["path"].startswith(self.besides):
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        left = -1 if declared.isdigit() and int(declared) > LARGEST else LARGEST

        async def receiving() -> Message:
            nonlocal left
            if left >= 0:
                message = await receive()
                left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, f"the body is larger than {LARGEST:,} bytes", headers={"Connection": "close"})
            return message

        await self.app(scope, receiving, send)
