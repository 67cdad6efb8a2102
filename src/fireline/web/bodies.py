"""What an operation is told, as a model made from its signature: for the API's bodies, its OpenAPI, and the forms."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, create_model, model_validator

from fireline.app.operations import OPERATIONS
from fireline.errors import Usage


class _Body(BaseModel):
    """An unknown field is an error, and so is a text that the store could neither keep nor look for."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_nul(cls, values: Any) -> Any:
        if _holds_nul(values):
            raise ValueError("a text can not hold a NUL character")
        return values


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(one) for one in (*value, *value.values()))
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value


@cache
def body_of(name: str) -> type[BaseModel]:
    """The model of everything a person may say to an operation."""
    fields: dict[str, Any] = {
        key: (one.annotation, ... if one.default is one.empty else one.default)
        for key, one in OPERATIONS[name].parameters.items()
    }
    title = "".join(part.capitalize() for part in name.replace(".", "-").replace("_", "-").split("-"))
    return create_model(title, __base__=_Body, **fields)


def summary_of(function: Callable[..., Any]) -> str:
    """The first line of an operation's docstring: its help in the API."""
    return (inspect.getdoc(function) or "").split("\n", 1)[0]


def arguments_from(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an operation as its signature wants them; Usage says in one line what is wrong."""
    try:
        body = body_of(name).model_validate(values)
    except ValidationError as wrong:
        raise Usage(one_line(list(wrong.errors()))) from None
    return told(body)


def told(body: BaseModel) -> dict[str, Any]:
    """What was said, without what was left out: the operation knows its own defaults."""
    return {key: getattr(body, key) for key in body.model_fields_set}


def values_from_form(name: str, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The fields of a form as an operation's values.

    An empty optional field was left out; a list is repeated; `answers.NAME` is the entry NAME of `answers`.
    """
    fields = body_of(name).model_fields
    values: dict[str, Any] = {}
    for key, text in pairs:
        whole, _, entry = key.partition(".")
        field = fields.get(whole)
        if field is None:
            values[key] = text  # unknown: the model will say so
        elif entry:
            values.setdefault(whole, {})[entry] = text
        elif _is_list(field.annotation):
            values.setdefault(whole, []).append(text)
        elif text.strip() or field.is_required():
            values[whole] = text.replace("\r\n", "\n")
    return values


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(_is_list(part) for part in get_args(annotation))


def one_line(faults: list[Any]) -> str:
    """The first fault of a validation: which field, and what is wrong with it."""
    fault = faults[0]
    place = ".".join(str(part) for part in fault["loc"] if part not in ("body", "query", "path"))
    if fault["type"] == "extra_forbidden":
        return f"unknown field {place}"
    if fault["type"] == "json_invalid":
        return "the body is not JSON"
    if fault["type"] == "missing":
        return f"{place or 'the body'} is missing"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {message[:1].lower()}{message[1:]}" if place else message
