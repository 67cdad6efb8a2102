"""The HTTP server: doors, API, pages and signs of life put together, started and stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

import fireline
from fireline.app.context import Context
from fireline.detect.door import Door
from fireline.web import api, auth, faults, health, pages
from fireline.web.doors import Doors
from fireline.web.headers import SecureHeaders
from fireline.web.limit import BodyLimit
from fireline.web.live import Hub
from fireline.web.render import STATIC

if TYPE_CHECKING:
    from fireline.detect.mail import MailDoor


class App(FastAPI):
    """FastAPI whose every answer carries the secure headers, a 500 too, and the doors before all of it."""

    def build_middleware_stack(self) -> ASGIApp:
        """The layers around the routes."""
        tls = self.state.context.settings.server.url.startswith("https:")
        secured = SecureHeaders(super().build_middleware_stack(), tls=tls)
        return Doors(secured, self.state.door, secured.always)

    def openapi(self) -> dict[str, Any]:
        """What the API is, with the shape of a fault, which every operation names."""
        made = super().openapi()
        made["components"]["schemas"]["Fault"] = api.Fault.model_json_schema()
        return made


def make_app(context: Context) -> FastAPI:
    """The application; its lifespan opens the store, starts the committer of the doors and listens for changes."""
    app = App(
        title="Fireline",
        version=fireline.__version__,
        description="Everything the page and the command line can do. Errors are {error, hint}.",
        openapi_url=f"{api.PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.context = context
    app.state.door = Door(context.store, context.settings)
    app.state.hub = Hub(context.store.url)
    app.add_route("/healthz", health.healthz, include_in_schema=False)
    app.add_route("/healthz/doors", health.doors, include_in_schema=False)
    app.add_route("/metrics", health.metrics, include_in_schema=False)
    app.include_router(api.router())
    app.include_router(auth.router)
    app.include_router(pages.router())
    app.mount("/static", _Static(directory=STATIC))
    faults.add_to(app)
    app.add_middleware(BodyLimit, besides="/in/")
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    context: Context = app.state.context
    await run_in_threadpool(lambda: context.store.pool)
    app.state.door.start()
    mail = await _mail_door(context, app.state.door)
    listening = asyncio.create_task(app.state.hub.listen())
    try:
        yield
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        if mail is not None:
            mail.close()
        await run_in_threadpool(app.state.door.close)


async def _mail_door(context: Context, door: Door) -> MailDoor | None:
    """The door for mail, open, when the settings want one; what carries it is imported only then."""
    bind = context.settings.server.smtp
    if bind is None:
        return None
    from fireline.detect.mail import MailDoor

    opened = MailDoor(door, bind)
    await opened.start()
    return opened


class _Static(StaticFiles):
    """Static files are named with a mark of their content, so a browser may keep them for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        if answer.status_code == 200 and scope["query_string"].startswith(b"v="):  # noqa: PLR2004
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            answer.headers["Cache-Control"] = "no-cache"
        return answer
