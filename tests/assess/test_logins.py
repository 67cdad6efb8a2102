"""Who can not authenticate, and why, as far as the log tells."""

from __future__ import annotations

import pytest

from fireline.assess.checks.roles import Role
from fireline.assess.logins import EXPIRED, MISMATCH, MISSING, NO_PASSWORD, mended, troubles
from tests.assess.refusals import ago, away, log, roles, said, snap

REFUSAL = 'password authentication failed for user "web"'


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ('User "web" has an expired password.', EXPIRED),
        ('Role "web" does not exist.', MISSING),
        ('User "web" has no password assigned.', NO_PASSWORD),
        ('Password does not match for user "web".', MISMATCH),
        ('Connection matched file "pg_hba.conf" line 3', MISMATCH),
        ("", MISMATCH),
    ],
)
def test_the_logs_detail_tells_the_reason(detail: str, reason: str) -> None:
    (found,) = troubles(snap(log=log(said("FATAL", REFUSAL, detail=detail))))
    assert (found.name, found.reason, found.at_door) == ("web", reason, False)


def test_the_targets_own_role_is_in_trouble_whatever_the_log_says() -> None:
    (found,) = troubles(away("authentication", REFUSAL))
    assert (found.name, found.at_door, found.reason, found.last) == ("web", True, "", None)


def test_a_later_login_or_session_mends_it() -> None:
    failed = log(said("FATAL", REFUSAL, 60))
    for known, is_mended in (
        (Role("web", newest=ago(10)), True),
        (Role("web", newest=ago(90)), False),
        (Role("web"), False),
    ):
        assert bool(troubles(snap(log=failed, roles=roles(known)))) is not is_mended
    (open_,) = troubles(snap(REFUSAL))
    assert not mended(snap(REFUSAL), open_)
