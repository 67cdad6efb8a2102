"""Limits on statements that ordinary ones do not stay below."""

from __future__ import annotations

from fireline.assess.causes.statement_timeout_too_low import judge
from tests.assess.given import look, settings
from tests.assess.refusals import facts, locks, session, the, waiting

NAME = "statement_timeout"
REFUSAL = "ERROR:  canceling statement due to statement timeout"


def test_a_tiny_limit_is_named_with_whom_it_is_for() -> None:
    found = the(judge(look(REFUSAL, settings=settings((None, "web", NAME, "50ms")))))
    assert (found.severity, found.objects) == ("high", ("statement_timeout of role web",))
    assert "role web is given statement_timeout = '50ms'" in facts(found)
    assert {"missing_index", "idle_in_tx_row_lock"} == {one.cause for one in found.rejected}


def test_a_limit_of_seconds_is_less_sure_and_one_of_half_a_minute_is_not_blamed() -> None:
    assert the(judge(look(REFUSAL, settings=settings((None, "web", NAME, "8s"))))).severity == "medium"
    assert judge(look(REFUSAL, settings=settings((None, "web", NAME, "30s"), (None, "x", NAME, "0")))) == ()


def test_while_statements_wait_for_a_lock_a_limit_of_a_second_is_not_the_cause() -> None:
    held = locks(session(1, state="idle in transaction", xact_start=session(1).state_change), waiting(2), behind=1)
    assert judge(look(REFUSAL, settings=settings((None, "web", NAME, "1s")), locks=held)) == ()
    assert the(judge(look(REFUSAL, settings=settings((None, "web", NAME, "30ms")), locks=held))).confidence > 0.5


def test_nobody_complaining_only_what_nobody_means_is_named() -> None:
    assert judge(look(settings=settings((None, "web", NAME, "5s"), (None, "api", NAME, "700ms")))) == ()
    assert the(judge(look(settings=settings(("shop", None, NAME, "40"))))).severity == "medium"
