from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.detect.source import Event, Inbound
from fireline.detect.sources.report import source
from fireline.errors import Usage
from fireline.redact import Secret
from fireline.settings import SourceSettings

SETTINGS = SourceSettings(format="report", token=Secret("token-of-report"))


def read(document: Any) -> Event:
    (event,) = source.parse(Inbound("form", json.dumps(document).encode(), SETTINGS))
    return event


def test_a_report_in_the_same_words_about_the_same_target_is_the_same_alert() -> None:
    one = read({"title": "Login does not work", "text": "since 9:00", "reporter": "ann", "target": "main"})
    two = read({"title": "login does NOT work", "reporter": "bob", "target": "main"})
    assert one.key == two.key
    assert one.annotations == {"reporter": "ann"}
    assert one.text == "since 9:00"


def test_the_first_line_of_the_text_is_the_title_when_there_is_none() -> None:
    assert read({"text": "It is slow\nvery slow"}).title == "It is slow"


@pytest.mark.parametrize("document", [{}, {"title": "  "}, []])
def test_an_empty_report_is_refused(document: Any) -> None:
    with pytest.raises(Usage):
        read(document)


@given(
    st.dictionaries(
        st.sampled_from(["title", "text", "severity", "target", "reporter"]),
        st.none() | st.text() | st.integers() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()),
    )
)
def test_nothing_but_a_usage_error_comes_of_any_document(document: Any) -> None:
    with contextlib.suppress(Usage):
        json.dumps(read(document).json())
