"""Everything a person can do is listed once, and its signature is all that the CLI and the API need."""

from __future__ import annotations

import inspect
import types
import typing

import pytest

from fireline.app.operations import OPERATIONS, Operation

PLAIN = (str, int, float, bool, types.NoneType)


def plain(annotation: object) -> bool:
    """Whether a value of this type can stand in JSON and on a command line."""
    parts = typing.get_args(annotation)
    return annotation in PLAIN if not parts else all(plain(part) for part in parts)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.name)
def test_an_operation_exists_and_can_be_told_in_plain_values(operation: Operation) -> None:
    assert inspect.getdoc(operation.function)
    handed = list(inspect.signature(operation.function).parameters)[:2]
    assert handed == (["actor", "world"] if operation.outside else ["conn", "actor"])
    for name, parameter in operation.parameters.items():
        assert parameter.kind is parameter.KEYWORD_ONLY, name
        assert plain(parameter.annotation), f"{name}: {parameter.annotation}"


def test_names_are_words_of_two_parts() -> None:
    assert all(name.count(".") == 1 and name == name.lower() for name in OPERATIONS)
