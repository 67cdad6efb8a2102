"""The tree of errors: one line, a way out, and the exit code and HTTP status that every door uses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fireline import errors
from fireline.errors import DeliveryError, FirelineError


def tree(root: type[FirelineError]) -> Iterator[type[FirelineError]]:
    yield root
    for leaf in root.__subclasses__():
        yield from tree(leaf)


EVERY = [leaf for leaf in tree(FirelineError) if leaf.__module__ == errors.__name__]


@pytest.mark.parametrize("leaf", EVERY, ids=lambda leaf: leaf.__name__)
def test_each_has_a_sentence_in_lower_case_an_exit_code_and_a_status(leaf: type[FirelineError]) -> None:
    assert leaf.__doc__
    assert not leaf.__doc__.endswith(".") or leaf is DeliveryError
    assert leaf.__doc__[0].islower() or leaf.__doc__.startswith(("Fireline", "PostgreSQL"))
    assert leaf.exit_code in (1, 2)
    assert 400 <= leaf.http_status < 600


def test_without_words_an_error_says_its_own_sentence() -> None:
    assert str(errors.Halted()) == "the kill switch is on: no step starts"


def test_a_hint_stands_beside_the_message() -> None:
    told = errors.Refused("there is nothing to undo", hint="Look at the run.")
    assert (told.message, told.hint) == ("there is nothing to undo", "Look at the run.")
    assert str(told) == "there is nothing to undo (hint: Look at the run.)"


def test_a_delivery_error_knows_whether_trying_again_can_help() -> None:
    assert DeliveryError("no such mailbox", permanent=True).permanent
    assert not DeliveryError("busy", permanent=False).permanent
