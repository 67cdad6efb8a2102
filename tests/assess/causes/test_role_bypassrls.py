"""Roles that no policy holds for."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.role_bypassrls import judge
from fireline.assess.checks.policies import Role
from tests.assess.kept import facts, the, why_not
from tests.assess.secured import OWN_ROWS, READ, seeing, table, trial

FREE = Role("web", login=True, bypasses=True)
BACKUP = Role("backup", login=True, bypasses=True)


def test_a_role_that_the_policies_are_meant_for_is_named_when_it_bypasses_them() -> None:
    found = the(judge(seeing(table(), roles=(FREE,))))
    assert found.title == "Role web bypasses row security: no policy holds for it."
    assert "rolbypassrls is true for web" in facts(found)
    assert "web may read public.notes, where row security is on" in facts(found)
    assert found.objects == ("web", "public.notes")
    assert found.remedy.sql == ("ALTER ROLE web NOBYPASSRLS",)
    assert found.remedy.undo == ("ALTER ROLE web BYPASSRLS",)
    assert found.probe.sql == "SELECT rolname FROM pg_roles WHERE rolname = 'web' AND rolbypassrls"
    assert {"rls_disabled_exposed", "rls_policy_always_true", "owner_bypasses_rls"} <= why_not(found).keys()


def test_a_policy_that_names_the_role_and_a_trial_are_told() -> None:
    policy = replace(OWN_ROWS, roles=("web",))
    found = the(judge(seeing(table(policies=(policy,)), roles=(FREE,), exposure=trial("web", 40))))
    assert "policies of public.notes are made for web, and do not bind it" in facts(found)
    assert (found.confidence, "web sees 40 rows" in facts(found)) == (0.98, True)


def test_no_attribute_no_policy_security_off_or_a_superuser_are_silent() -> None:
    assert judge(seeing(table())) == ()
    assert judge(seeing(table(policies=()), roles=(FREE,))) == ()
    assert judge(seeing(table(secured=False), roles=(FREE,))) == ()
    assert judge(seeing(table(), roles=(replace(FREE, superuser=True),))) == ()


def test_a_backup_role_is_meant_to_see_all_unless_a_complaint_names_it() -> None:
    both = table(grants={"web": READ, "backup": READ})
    assert judge(seeing(both, roles=(BACKUP,))) == ()
    assert judge(seeing(both, roles=(BACKUP,), symptom="a tenant sees all tenants")) == ()
    assert the(judge(seeing(both, roles=(BACKUP,), symptom="role backup sees all tenants"))).objects[0] == "backup"
