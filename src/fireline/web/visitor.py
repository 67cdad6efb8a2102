"""Who is asking: a session's cookie on the pages, a token (or the cookie) at the API; and acting in their name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import FormData

from fireline import clock
from fireline.app import desk
from fireline.app.context import Context
from fireline.errors import Denied, Unauthenticated
from fireline.incident import sessions
from fireline.incident.people import Actor
from fireline.incident.sessions import Session
from fireline.incident.tokens import actor_for_token
from fireline.run import halt

COOKIE = "fireline_session"
_SAFE = ("GET", "HEAD")
Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="A token of the account page.")),
]


@dataclass(frozen=True)
class Visitor:
    """A person who is here, with what every page shows around its own part."""

    actor: Actor
    session: Session | None = None
    halted: dict[str, Any] | None = None


@dataclass(frozen=True)
class Form:
    """What a visitor sent with a form whose origin was checked."""

    visitor: Visitor
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def get(self, key: str, default: str = "") -> str:
        """The first value of a field."""
        return next((value for name, value in self.pairs if name == key), default)


def context_of(request: Request) -> Context:
    """What this server works with."""
    found: Context = request.app.state.context
    return found


def perform(request: Request, actor: Actor, name: str, /, **arguments: Any) -> Any:
    """Carry out an operation in a transaction of its own."""
    return desk.carry_out(context_of(request), actor, name, arguments)


def visitor(request: Request) -> Visitor:
    """Who looks at this page; Unauthenticated when nobody is logged in."""
    found = current(request)
    if found is None:
        raise Unauthenticated
    request.state.visitor = found
    return found


def caller(request: Request, bearer: Bearer = None) -> Visitor:
    """Who calls the API: by a token, or by the page's own cookie with its mark against forgery."""
    if bearer is not None:
        with context_of(request).store.transaction() as conn:
            actor = actor_for_token(conn, bearer.credentials, now=clock.now())
        if actor is None:
            raise Unauthenticated("this token opens nothing", hint="Tokens are made on the account page.")
        return Visitor(actor)
    found = current(request)
    if found is None:
        raise Unauthenticated(hint="Send Authorization: Bearer TOKEN; tokens are made on the account page.")
    if request.method not in _SAFE:
        check_mark(found, request.headers.get("X-CSRF-Token", ""))
    return found


def current(request: Request) -> Visitor | None:
    """Who is logged in with this browser, or None."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    with context_of(request).store.transaction() as conn:
        session = sessions.session(conn, token, now=clock.now())
        if session is None:
            return None
        state = halt.show(conn, session.actor)
    return Visitor(session.actor, session, state if state["halted"] else None)


async def _pairs(request: Request) -> list[tuple[str, str]]:
    """The fields of a form; files are not taken."""
    form: FormData = await request.form(max_files=0, max_fields=200)
    return [(key, value) for key, value in form.multi_items() if isinstance(value, str)]


def form(request: Request, who: Visitor = Depends(visitor), pairs: list[tuple[str, str]] = Depends(_pairs)) -> Form:  # noqa: B008
    """A form that a logged-in person sent from a page of ours; Denied otherwise."""
    check_mark(who, next((value for key, value in pairs if key == "csrf"), ""))
    request.state.back = back(next((value for key, value in pairs if key == "back"), ""))
    return Form(who, [(key, value) for key, value in pairs if key not in ("csrf", "back")])


def check_mark(who: Visitor, given: str) -> None:
    """Denied unless what was sent carries the session's own mark."""
    if who.session is None or not who.session.sent_by(given):
        raise Denied("this form is from another session", hint="Load the page again and repeat what you did.")


def back(path: str) -> str:
    """A path on this server to return to; anything else is the start page."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain else "/"
