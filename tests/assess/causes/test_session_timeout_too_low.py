"""Sessions that are ended too soon."""

from __future__ import annotations

from fireline.assess.causes.session_timeout_too_low import judge
from tests.assess.given import look, settings
from tests.assess.refusals import facts, the

ENDED = "FATAL:  terminating connection due to idle-in-transaction timeout"
NAME = "idle_in_transaction_session_timeout"


def test_the_setting_that_struck_is_named_and_taken_back() -> None:
    found = the(judge(look(ENDED, settings=settings(("shop", "web", NAME, "5s")))))
    assert found.severity == "high"
    assert "role web in database shop is given" in facts(found)
    assert found.remedy.sql == (f"ALTER ROLE web IN DATABASE shop RESET {NAME}",)
    assert "statement_timeout_too_low" in {one.cause for one in found.rejected}


def test_another_limit_than_the_one_that_struck_is_not_blamed() -> None:
    assert judge(look(ENDED, settings=settings((None, "web", "idle_session_timeout", "30s")))) == ()


def test_a_guard_of_a_minute_or_two_and_none_at_all_are_sane() -> None:
    given = settings(
        (None, "web", NAME, "2min"), (None, "api", NAME, "0"), ("shop", None, "idle_session_timeout", "1h")
    )
    assert judge(look(ENDED, settings=given)) == ()


def test_nobody_complaining_only_what_nobody_means_is_named() -> None:
    assert the(judge(look(settings=settings((None, "web", NAME, "100ms"))))).severity == "medium"
    assert judge(look(settings=settings((None, "web", NAME, "10s")))) == ()
