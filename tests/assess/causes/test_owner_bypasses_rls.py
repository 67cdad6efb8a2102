"""Policies that do not hold for who owns the table."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.owner_bypasses_rls import judge
from fireline.assess.checks.policies import Role
from fireline.assess.snapshot import LockReading
from tests.assess.kept import facts, the, why_not
from tests.assess.refusals import AT, session
from tests.assess.secured import READ, seeing, table, trial

MINE = table(owner="web", grants={})
APP = (Role("app", login=True),)
BOTH = LockReading(AT, {7: session(7), 8: session(8, "app")})


def test_an_application_that_owns_its_table_is_named() -> None:
    found = the(judge(seeing(MINE)))
    assert found.title == "The policies of public.notes do not hold for web, as it owns the table."
    assert "web owns public.notes; relrowsecurity is true, relforcerowsecurity false" in facts(found)
    assert "web is connected, and works as the owner of its tables" in facts(found)
    assert found.remedy.sql == ("ALTER TABLE public.notes FORCE ROW LEVEL SECURITY",)
    assert found.remedy.undo == ("ALTER TABLE public.notes NO FORCE ROW LEVEL SECURITY",)
    assert "oid IN (7) AND relrowsecurity AND NOT relforcerowsecurity" in found.probe.sql
    assert "pg_get_userbyid(relowner) = 'web'" in found.probe.sql
    assert {"rls_disabled_exposed", "role_bypassrls", "definer_view_bypasses_rls"} <= why_not(found).keys()


def test_a_trial_makes_it_sure_and_an_owner_who_is_away_makes_it_less_grave() -> None:
    assert the(judge(seeing(MINE))).confidence < the(judge(seeing(MINE, exposure=trial("web", 40)))).confidence
    away = the(judge(seeing(table(grants={}))))
    assert (away.severity, the(judge(seeing(MINE))).severity) == ("medium", "high")
    assert "nobody else has rights on public.notes" in facts(away)


def test_forced_security_security_off_and_who_is_bound_by_no_policy_anyway_are_silent() -> None:
    assert judge(seeing(replace(MINE, forced=True))) == ()
    assert judge(seeing(replace(MINE, secured=False))) == ()
    assert judge(seeing(replace(MINE, policies=()))) == ()
    assert judge(seeing(MINE, roles=(Role("web", login=True, bypasses=True),))) == ()
    assert judge(seeing(MINE, roles=(Role("web", login=True, superuser=True),))) == ()
    assert judge(seeing(MINE, roles=(Role("web"),))) == ()


def test_an_owner_beside_the_application_is_ordinary_unless_somebody_complains() -> None:
    shared = replace(MINE, grants={"app": READ})
    assert judge(seeing(shared, roles=APP, locks=BOTH)) == ()
    assert judge(seeing(shared, roles=APP, locks=BOTH, symptom="a tenant sees all tenants"))
    assert judge(seeing(shared, roles=APP)), "the application's own role is not connected, the owner is"
