"""A payload is read as the door would, hostile or not, and nothing else than a fault in one line comes of what is wrong."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from fireline import shelf
from fireline.detect.payload import Payload, read
from fireline.errors import FirelineError, NotFound
from fireline.settings import Settings

SETTINGS = Settings.model_validate({"server": {"max_body": 1_000}})
FORMATS = sorted(shelf.read("fireline.detect.sources", "source"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(name=st.sampled_from(FORMATS), document=JSON)
@budget(max_examples=120, deadline=None)
def test_whatever_is_tried_is_read_or_refused_in_one_line(name: str, document: object) -> None:
    said = ""
    try:
        assert read(SETTINGS, name, Payload(json.dumps(document).encode(), {}, {})).format == name
    except FirelineError as wrong:
        said = wrong.message
    assert "\n" not in said
    assert "fault of Fireline" not in said


def test_a_body_over_the_limit_is_refused_as_at_the_door() -> None:
    with pytest.raises(FirelineError, match="more than 1000"):
        read(SETTINGS, "generic", Payload(b'{"summary": "' + b"x" * 2_000 + b'"}', {}, {}))


def test_a_name_that_is_nothing_names_what_is_near() -> None:
    with pytest.raises(NotFound) as refused:
        read(SETTINGS, "alertmanger", Payload(b"{}", {}, {}))
    assert refused.value.hint == "Did you mean alertmanager?"
