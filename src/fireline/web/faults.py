"""Errors as answers: the right status, one calm sentence and what to do; JSON for programs, a page for people."""

from __future__ import annotations

from http import HTTPStatus

import psycopg
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from markupsafe import escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from fireline import redact
from fireline.errors import FirelineError, StoreUnavailable
from fireline.web.bodies import one_line
from fireline.web.render import page
from fireline.web.visitor import Visitor, current

log = structlog.get_logger(__name__)
_TITLES = {
    401: "Log in first",
    403: "You may not do that",
    404: "There is no such thing",
    405: "That can not be done here",
    409: "Fireline did not do that",
    413: "That is too large",
    422: "That was not understood",
    429: "Too many tries",
    502: "The target does not answer",
    503: "The store does not answer",
}
_PROGRAMS = ("/api/", "/in/", "/v2/", "/healthz", "/metrics")


def add_to(app: FastAPI) -> None:
    """Let every error of this application be answered here."""
    app.add_exception_handler(FirelineError, _ours)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(psycopg.OperationalError, _store_lost)
    app.add_exception_handler(psycopg.DataError, _not_storable)
    app.add_exception_handler(Exception, _unexpected)


def answer(request: Request, status: int, message: str, hint: str | None = None, **headers: str) -> Response:
    """The error as whoever asked can read it: JSON, a fragment beside the form, or a page."""
    message, hint = redact.text(message), redact.text(hint) if hint else None
    if request.url.path.startswith(_PROGRAMS):
        return JSONResponse({"error": message, "hint": hint}, status, headers=headers)
    if request.headers.get("HX-Request"):
        words = escape(f"{message[:1].upper()}{message[1:]}.") + (escape(f" {hint}") if hint else "")
        return PlainTextResponse(words, status, media_type="text/html", headers=headers)
    if status == HTTPStatus.NOT_FOUND and not hasattr(request.state, "visitor"):
        request.state.visitor = _who(request)
    known = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Something went wrong"
    around = {"title": _TITLES.get(status, known), "message": message, "hint": hint}
    return page(
        request, "fault.html", status, headers=headers, return_to=getattr(request.state, "back", None), **around
    )


def _who(request: Request) -> Visitor | None:
    try:
        return current(request)
    except StoreUnavailable:
        return None


def _ours(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, FirelineError)
    if fault.http_status == 401 and not request.url.path.startswith(_PROGRAMS):  # noqa: PLR2004
        return _to_login(request)
    extra = {"WWW-Authenticate": "Bearer"} if fault.http_status == 401 else {}  # noqa: PLR2004
    return answer(request, fault.http_status, fault.message, _with_the_journal(request, fault), **extra)


def _with_the_journal(request: Request, fault: FirelineError) -> str | None:
    """The hint; while the store is away also what becomes of the alerts, which is what anybody wants to know then."""
    kept = request.app.state.door.committer.journal
    if not isinstance(fault, StoreUnavailable) or kept is None or not kept.signals:
        return fault.hint
    taken = (
        f"Alerts are taken all the same: {kept.signals:,} are kept on the server's disk and nobody is told of them yet."
    )
    return f"{fault.hint} {taken}" if fault.hint else taken


def _to_login(request: Request) -> Response:
    from urllib.parse import quote

    wanted = request.url.path if request.method == "GET" else "/"
    if request.headers.get("HX-Request"):
        return Response(status_code=200, headers={"HX-Refresh": "true"})
    return RedirectResponse(f"/login?next={quote(wanted)}" if wanted != "/" else "/login", 303)


def _not_understood(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, RequestValidationError)
    return answer(request, 422, one_line(list(fault.errors())), "The fields are in /api/v1/openapi.json.")


def _of_http(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    words: dict[int, tuple[str, str | None]] = {
        404: (f"nothing is at {request.url.path}", "Check the address."),
        405: (f"{request.method} is not for {request.url.path}", None),
    }
    message, hint = words.get(fault.status_code, (str(fault.detail).lower(), None))
    return answer(request, fault.status_code, message, hint, **dict(fault.headers or {}))


def _store_lost(request: Request, fault: Exception) -> Response:
    del fault
    return _ours(request, StoreUnavailable(hint="Nothing was done. Look at the server's log, then try again."))


def _not_storable(request: Request, fault: Exception) -> Response:
    """A value that no rule of ours caught and PostgreSQL can not take: a NUL character, a number that is too large."""
    said = str(fault).strip().splitlines()[0]
    log.warning("a value could not be used", path=request.url.path, error=said)
    return answer(request, 400, f"what was given can not be used: {said}", "Nothing was done.")


def _unexpected(request: Request, fault: Exception) -> Response:
    del fault  # the server writes it to its log; whoever asked gets no traceback
    hint = "It is in the server's log. Nothing was done."
    return answer(
        request, 500, "something went wrong inside Fireline", hint, Connection="close"
    )  # as uvicorn then does
