from __future__ import annotations

import json

import pytest

from fireline.demo.report import Broken, Report


def test_nothing_is_true_before_it_was_seen() -> None:
    found = Report().json()
    assert not any(
        found[key] for key in ("hung_before", "gone", "answered_after", "terminated_pid", "cause", "alert_id")
    )


def test_what_did_not_come_true_is_named() -> None:
    report = Report()
    assert report.expect(True, "this is so")
    assert not report.expect(None, "nobody was told")
    with pytest.raises(Broken, match="no cause was named"):
        report.need(None, "no cause was named")
    assert report.need({"a": 1}, "there is none") == {"a": 1}
    assert report.unmet == ["nobody was told", "no cause was named"]


def test_it_is_one_json_object() -> None:
    keys = set(json.loads(json.dumps(Report().json())))
    assert keys >= {
        "incident",
        "alert_id",
        "hung_before",
        "cause",
        "steps",
        "terminated_pid",
        "gone",
        "answered_after",
        "timeline",
        "postmortem",
        "seconds",
    }
