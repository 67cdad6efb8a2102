"""The API: every operation as POST /api/v1/<group>/<name>, those that change nothing also as GET; made from the registry."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from fireline.app.operations import OPERATIONS, Operation
from fireline.store.chain import plain
from fireline.web.bodies import body_of, summary_of, told
from fireline.web.visitor import Visitor, caller, perform

PREFIX = "/api/v1"
Endpoint = Callable[..., Response]


@cache
def router() -> APIRouter:
    """Every operation with its own body, so that the OpenAPI is true."""
    made = APIRouter(prefix=PREFIX)
    for name, operation in OPERATIONS.items():
        group, _, verb = name.partition(".")
        common: dict[str, Any] = {
            "tags": [group],
            "summary": summary_of(operation.function),
            "description": f"Needs the role {operation.role}.",
            "responses": _FAULTS,
        }
        path = f"/{group}/{verb}"
        made.add_api_route(path, _posting(operation), methods=["POST"], operation_id=f"{group}_{verb}", **common)
        if operation.reads:
            made.add_api_route(path, _getting(operation), methods=["GET"], operation_id=f"get_{group}_{verb}", **common)
    return made


class Fault(BaseModel):
    """Why it was not done, and what to do."""

    error: str
    hint: str | None


# Named, not given as a model: FastAPI would build them all for each operation anew, most of the work of a first request.
_NAMED = {"application/json": {"schema": {"$ref": "#/components/schemas/Fault"}}}
_FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"content": _NAMED, "description": words}
    for status, words in (
        (400, "What was said can not be used"),
        (401, "Nobody is logged in"),
        (403, "The role does not allow it"),
        (404, "There is no such thing"),
        (409, "Refused"),
        (422, "The call is not understood"),
        (502, "The target does not answer"),
        (503, "The store does not answer"),
    )
}


def _posting(operation: Operation) -> Endpoint:
    model = body_of(operation.name)
    required = any(field.is_required() for field in model.model_fields.values())
    body: Any = Annotated[model, Body()] if required else Annotated[model | None, Body()]

    def endpoint(request: Request, visitor: Visitor, body: BaseModel | None) -> Response:
        return _carry_out(request, visitor, operation, told(body) if body is not None else {})

    return _typed(endpoint, body, default=inspect.Parameter.empty if required else None)


def _getting(operation: Operation) -> Endpoint:
    model = body_of(operation.name)

    def endpoint(request: Request, visitor: Visitor, body: BaseModel) -> Response:
        return _carry_out(request, visitor, operation, told(body))

    return _typed(endpoint, Annotated[model, Query()])


def _typed(endpoint: Endpoint, body: Any, default: Any = inspect.Parameter.empty) -> Endpoint:
    """Give the function the signature that FastAPI reads the body's model from."""
    kind = inspect.Parameter.KEYWORD_ONLY
    endpoint.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("request", kind, annotation=Request),
            inspect.Parameter("visitor", kind, annotation=Annotated[Visitor, Depends(caller)]),
            inspect.Parameter("body", kind, annotation=body, default=default),
        ]
    )
    return endpoint


def _carry_out(request: Request, visitor: Visitor, operation: Operation, arguments: dict[str, Any]) -> Response:
    return JSONResponse(plain(perform(request, visitor.actor, operation.name, **arguments)))
