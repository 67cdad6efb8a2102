"""Logging in and out, and the first account of a new installation."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from fireline import clock
from fireline.errors import FirelineError, Unauthenticated
from fireline.incident import people, sessions
from fireline.settings import Settings
from fireline.web import visitor as visitors
from fireline.web.render import page

router = APIRouter(include_in_schema=False)
KEEP = 7 * 86_400  # seconds; the session itself ends sooner when it is not used
BEFORE = "fireline_before"  # a mark of a form that is sent before anybody is logged in
CODE_FILE = "setup-code"
_PROXIES = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "cf-connecting-ip")


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """The form; the first account instead, when there is nobody, and nothing when one is logged in."""
    if visitors.current(request) is not None:
        return RedirectResponse(visitors.back(next), 303)
    with visitors.context_of(request).store.transaction() as conn:
        if not people.anybody(conn):
            return RedirectResponse("/first", 303)
    return _form(request, "login.html", name="", next=visitors.back(next), fault=None)


@router.post("/login")
def log_in(
    request: Request,
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    csrf: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the name of the field
) -> Response:
    """Begin a session."""
    wanted = visitors.back(next)
    if not _same_mark(request, csrf):
        return _form(request, "login.html", 403, name=name, next=wanted, fault="Please send that once more.")
    with visitors.context_of(request).store.transaction() as conn:
        login = sessions.login(conn, name, password, now=clock.now())
    if login.session is None:
        fault = f"{login.refusal[:1].upper()}{login.refusal[1:]}."
        return _form(request, "login.html", 429 if login.wait else 401, name=name, next=wanted, fault=fault)
    return _begun(request, login.token, wanted)


@router.post("/logout")
def log_out(request: Request, form: Annotated[visitors.Form, Depends(visitors.form)]) -> Response:
    """End this session."""
    del form
    with visitors.context_of(request).store.transaction() as conn:
        sessions.logout(conn, request.cookies.get(visitors.COOKIE, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(visitors.COOKIE)
    return answer


@router.get("/first")
def show_first(request: Request) -> Response:
    """The form for the first account; gone as soon as there is one."""
    with visitors.context_of(request).store.transaction() as conn:
        if people.anybody(conn):
            return RedirectResponse("/login", 303)
    return _first(request, 200)


@router.post("/first")
def make_first(
    request: Request,
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    email: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Make the first account and log in."""
    again = {"name": name, "email": email}
    context = visitors.context_of(request)
    if not _same_mark(request, csrf):
        return _first(request, 403, **again, fault="Please send that once more.")
    if _code_wanted(request) and not hmac.compare_digest(setup_code(context.settings).encode(), code.strip().encode()):
        return _first(request, 403, **again, fault="That is not the setup code.")
    try:
        with context.store.transaction() as conn:
            people.create_first_admin(conn, name=name, password=password, email=email or None)
    except FirelineError as wrong:
        return _first(request, wrong.http_status, **again, fault=f"{wrong.message}. {wrong.hint or ''}")
    with context.store.transaction() as conn:
        login = sessions.login(conn, name, password, now=clock.now())
    if login.session is None:
        raise Unauthenticated
    code_file(context.settings).unlink(missing_ok=True)
    return _begun(request, login.token, "/")


def setup_code(settings: Settings) -> str:
    """The code that proves access to the server's machine before there is any account; made at the first call."""
    file = code_file(settings)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(f"{secrets.token_urlsafe(12)}\n")
    return file.read_text().strip()


def code_file(settings: Settings) -> Path:
    """Where the setup code is kept, readable by the server's account only."""
    return settings.path(settings.store.folder) / CODE_FILE


def _first(request: Request, status: int, name: str = "", email: str = "", fault: str | None = None) -> Response:
    wanted = _code_wanted(request)
    if wanted:
        setup_code(visitors.context_of(request).settings)
    around = {"name": name, "email": email, "fault": fault, "code_wanted": wanted}
    return _form(
        request, "first.html", status, **around, code_file=str(code_file(visitors.context_of(request).settings))
    )


def _code_wanted(request: Request) -> bool:
    """Whether this may be somebody else's machine: then only who can read the server's files makes the first account.

    A proxy on this machine also comes from 127.0.0.1, so its usual headers, another host name or a public URL in the
    settings mean that the code is wanted.
    """
    if visitors.context_of(request).settings.server.public_url or any(name in request.headers for name in _PROXIES):
        return True
    return not (_loopback(request.client.host if request.client else "") and _loopback(request.url.hostname or ""))


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _begun(request: Request, token: str, wanted: str) -> Response:
    answer = RedirectResponse(wanted, 303)
    answer.set_cookie(
        visitors.COOKIE, token, max_age=KEEP, httponly=True, samesite="lax", secure=is_secure(request), path="/"
    )
    answer.delete_cookie(BEFORE)
    return answer


def is_secure(request: Request) -> bool:
    """Whether the browser speaks TLS with us, or with the proxy that the public URL names."""
    return request.url.scheme == "https" or visitors.context_of(request).settings.server.url.startswith("https:")


def _form(request: Request, template: str, status: int = 200, /, **values: object) -> Response:
    """A form for somebody who is not logged in: its mark is also in a cookie, which no other site can set or read."""
    mark = request.cookies.get(BEFORE) or secrets.token_urlsafe(24)
    answer = page(request, template, status, csrf=mark, **values)
    answer.set_cookie(BEFORE, mark, max_age=3600, httponly=True, samesite="strict", secure=is_secure(request), path="/")
    return answer


def _same_mark(request: Request, csrf: str) -> bool:
    kept = request.cookies.get(BEFORE, "")
    return bool(kept) and hmac.compare_digest(kept.encode(), csrf.encode("utf-8", "replace"))
