from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fireline.errors import Usage
from fireline.incident.scheme import Scheme, Severity

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("said", ["P1", "p1", " High ", "HIGH"])
def test_a_severity_is_found_by_id_and_by_name(said: str) -> None:
    assert Scheme().find(said).id == "P1"


def test_a_severity_nobody_knows_lists_those_there_are() -> None:
    with pytest.raises(Usage, match="there is no severity 'urgent'") as refused:
        Scheme().find("urgent")
    assert (refused.value.hint or "").startswith("There are P0 (Critical), P1 (High)")


def test_a_complaint_is_judged_by_its_words_or_taken_for_the_second_highest() -> None:
    assert Scheme().judge("odd")[0].id == "P1"
    only = Scheme(severities=(Severity("S1", "Sev 1", 0),))
    assert only.judge("odd")[0].id == "S1"
    judging = Scheme(suggest=lambda text: ("P3", "it says cosmetic") if "cosmetic" in text else None)
    assert judging.judge("cosmetic")[0].id == "P3"
    assert judging.judge("down")[1] == "assumed until somebody judges it"


def test_a_response_carries_the_runbooks_own_words() -> None:
    scheme = Scheme()
    deadline = scheme.response(scheme.find("P1"), START)
    assert deadline == ("Within 1 hour", START + timedelta(minutes=45), START + timedelta(hours=1))
    assert scheme.response(Severity("P4", "Wish", 4), START) is None


def test_the_post_mortem_is_due_by_the_runbook_else_by_the_policy() -> None:
    assert Scheme().postmortem(START) == ("Within 48 hours", START + timedelta(hours=36), START + timedelta(hours=48))
    own = Scheme(postmortem_phrase="within 2 days", postmortem_within=timedelta(days=2))
    assert own.postmortem(START).phrase == "within 2 days"


def test_targets_that_are_not_known_are_not_checked() -> None:
    assert Scheme().target("anything") == "anything"
    assert Scheme().target(None) is None
    assert Scheme(targets=()).target(None) is None
