from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.errors import Usage
from fireline.incident.matching import Matcher, fields_of, fits, matcher, matchers

ALERT = {
    "id": 1,
    "source": "am",
    "target": "main",
    "severity": None,
    "title": "PostgreSQL is down",
    "key": "am:1",
    "labels": {"alertname": "PgDown", "instance": "db1:5432", "severity": "page", "title": "other"},
}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("target=main", Matcher("target", "=", "main")),
        (' alertname =~ "Pg.*" ', Matcher("alertname", "=~", "Pg.*")),
        ("severity!=critical", Matcher("severity", "!=", "critical")),
        ("instance!~db[12].*", Matcher("instance", "!~", "db[12].*")),
        ('title="say \\"hi\\" \\\\ there"', Matcher("title", "=", 'say "hi" \\ there')),
        ("title=", Matcher("title", "=", "")),
    ],
)
def test_a_matcher_is_read_as_alertmanager_writes_it(text: str, read: Matcher) -> None:
    assert matcher(text) == read


@pytest.mark.parametrize(
    ("text", "fits_it"),
    [
        ("target=main", True),
        ("target=mai", False),
        ("alertname=~Pg.*", True),
        ("alertname=~Pg", False),
        ("alertname!~Mysql.*", True),
        ("severity=page", True),
        ("severity!=page", False),
        ("title=PostgreSQL is down", True),
        ("absent=", True),
        ("absent!=", False),
    ],
)
def test_a_pattern_fits_the_whole_value_and_what_is_absent_is_empty(text: str, fits_it: bool) -> None:
    assert fits([matcher(text)], fields_of(ALERT)) is fits_it


def test_all_of_them_must_fit() -> None:
    assert fits(matchers(["target=main\nalertname=PgDown", "source=am"]), fields_of(ALERT))
    assert not fits(matchers(["target=main", "source=other"]), fields_of(ALERT))


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "this would fit every alert"),
        (["absent!=x"], "this would fit every alert"),
        (["title=~.*"], "this would fit every alert"),
        (["main"], "'main' is not a matcher"),
        (["a b=c"], "'a b=c' is not a matcher"),
        (["title=~("], r"'\(' is not a pattern: missing \)"),
        (["a=" + "x" * 500], "is not a matcher"),
        (["target=x"] * 21, "21 matchers, more than 20"),
    ],
)
def test_what_can_not_be_meant_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(Usage, match=said):
        matchers(texts)


def test_no_pattern_keeps_a_worker_busy() -> None:
    hostile, began = matcher("title=~(a+)+b"), time.process_time()
    assert not hostile.fits({"title": "a" * 1_000})
    assert time.process_time() - began < 1


@given(st.text(max_size=60))
def test_whatever_is_written_is_a_matcher_or_a_usage_error(text: str) -> None:
    try:
        read = matcher(text)
    except Usage:
        return
    assert isinstance(read.fits({"x": text}), bool)
    assert matcher(str(read)).name == read.name
