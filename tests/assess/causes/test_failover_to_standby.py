"""Writing to a standby."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.failover_to_standby import judge
from tests.assess.given import SERVER, look
from tests.assess.refusals import the

REFUSAL = "cannot execute INSERT in a read-only transaction"


def test_a_standby_that_somebody_writes_to_is_named() -> None:
    found = the(judge(replace(look(REFUSAL), server=replace(SERVER, standby=True))))
    assert found.remedy.level == "destructive"
    assert found.rejected[0].cause == "read_only_setting"


def test_a_standby_nobody_complains_of_and_a_primary_are_silent() -> None:
    assert judge(replace(look(), server=replace(SERVER, standby=True))) == ()
    assert judge(look(REFUSAL)) == ()
