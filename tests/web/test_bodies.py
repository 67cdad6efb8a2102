"""Bodies made from signatures, and forms read as them."""

from __future__ import annotations

import pytest

from fireline.app.operations import OPERATIONS
from fireline.errors import Usage
from fireline.web.bodies import arguments_from, body_of, summary_of, values_from_form


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_can_be_a_body_and_says_what_it_is(name: str) -> None:
    assert body_of(name).model_json_schema()["additionalProperties"] is False
    assert 10 < len(summary_of(OPERATIONS[name].function)) < 200


def test_an_empty_optional_field_of_a_form_was_left_out() -> None:
    sent = [("title", "Slow"), ("severity", ""), ("target", " ")]
    assert values_from_form("incident.declare", sent) == {"title": "Slow"}


def test_a_required_field_may_be_empty_so_that_the_operation_says_what_it_thinks() -> None:
    assert values_from_form("incident.note", [("incident", "1"), ("text", "")]) == {"incident": "1", "text": ""}


def test_lists_repeat_and_dictionaries_name_their_entries() -> None:
    ticked = values_from_form("run.tick", [("run", "3"), ("step", "1"), ("items", "API keys"), ("items", "tokens")])
    assert arguments_from("run.tick", ticked) == {"run": 3, "step": 1, "items": ["API keys", "tokens"]}
    answered = values_from_form(
        "run.answer", [("run", "3"), ("step", "1"), ("answers.BUILD_ID", "42"), ("answers.who", "a.b")]
    )
    assert arguments_from("run.answer", answered)["answers"] == {"BUILD_ID": "42", "who": "a.b"}


def test_a_check_box_is_true_and_line_ends_are_plain() -> None:
    sent = [("run", "3"), ("step", "1"), ("break_glass", "true"), ("reason", "a\r\nb")]
    assert arguments_from("run.approve", values_from_form("run.approve", sent)) == {
        "run": 3,
        "step": 1,
        "break_glass": True,
        "reason": "a\nb",
    }


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"incident": "1", "colour": "red"}, "unknown field colour"),
        ({}, "incident is missing"),
        ({"incident": ["1"]}, "incident: input should be a valid string"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(values: dict[str, object], words: str) -> None:
    with pytest.raises(Usage) as wrong:
        arguments_from("incident.ack", values)
    assert wrong.value.message == words
