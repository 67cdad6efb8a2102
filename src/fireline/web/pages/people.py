"""People, their roles and their tokens; and one's own account."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from fireline.web.bodies import arguments_from, values_from_form
from fireline.web.pages.incidents import Here
from fireline.web.render import page
from fireline.web.visitor import Form, Visitor, context_of, form, perform

router = APIRouter()


@router.get("/people")
def show_people(request: Request, who: Here) -> Response:
    """Who may act here, and who is told when something happens."""
    people = perform(request, who.actor, "person.list")
    return page(request, "people.html", people=people, contacts=context_of(request).settings.contacts)


@router.get("/account")
def show_account(request: Request, who: Here) -> Response:
    """One's own account."""
    return page(request, "account.html", **_account(request, who))


@router.post("/account/token")
def make_token(request: Request, sent: Annotated[Form, Depends(form)]) -> Response:
    """Make a token and show it this once; it stands in no address and in no history."""
    arguments = arguments_from("token.create", values_from_form("token.create", sent.pairs))
    made = perform(request, sent.visitor.actor, "token.create", **arguments)
    return page(request, "account.html", **{**_account(request, sent.visitor), "made": made, "back": "/account"})


def _account(request: Request, who: Visitor) -> dict[str, Any]:
    return {
        "me": perform(request, who.actor, "person.whoami"),
        "tokens": perform(request, who.actor, "token.list"),
        "made": None,
    }
