"""Every form's door: one operation by its name, then back to where the person was."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from fireline.app.operations import OPERATIONS
from fireline.errors import NotFound
from fireline.web.bodies import arguments_from, values_from_form
from fireline.web.visitor import Form, form, perform

router = APIRouter()


@router.post("/do/{name}")
def carry_out(request: Request, name: str, sent: Annotated[Form, Depends(form)]) -> Response:
    """Carry out an operation with a form's fields."""
    if name not in OPERATIONS:
        raise NotFound(f"no operation {name!r}")
    arguments = arguments_from(name, values_from_form(name, sent.pairs))
    result = perform(request, sent.visitor.actor, name, **arguments)
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Trigger": "changed"})
    return RedirectResponse(landing(name, result, request.state.back), 303)


def landing(name: str, result: Any, back: str) -> str:
    """Where a person wants to be after it: at the new incident or run, else where they were."""
    made = result if isinstance(result, dict) else {}
    if name in ("incident.declare", "incident.split") and made.get("number"):
        return f"/incidents/{made['number']}"
    if name in ("run.start", "remedy.run") and made.get("run") and not back.startswith("/incidents/"):
        return f"/runs/{made['run']}"
    if name == "source.test" and made.get("test"):
        return f"/sources?tested={made['test']}"
    return back
