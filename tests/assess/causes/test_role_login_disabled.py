"""A role with NOLOGIN."""

from __future__ import annotations

from fireline.assess.causes.role_login_disabled import judge
from fireline.assess.checks.roles import Role
from tests.assess.refusals import away, log, roles, said, snap, the

KNOWN = roles(Role("web"), Role("shut", login=False))


def test_a_role_without_login_is_named_when_it_wants_in() -> None:
    words = 'role "shut" is not permitted to log in'
    found = the(judge(snap(roles=KNOWN, log=log(said("FATAL", words)))))
    assert found.remedy.sql == ("ALTER ROLE shut LOGIN",)
    assert judge(snap(roles=KNOWN)) == ()
    assert the(judge(away("login_forbidden", words))).objects == ("role shut",)
