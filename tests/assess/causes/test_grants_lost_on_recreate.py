"""Tables whose grants were lost."""

from __future__ import annotations

from fireline.assess.causes.grants_lost_on_recreate import judge
from fireline.assess.checks.grants import Alike, Grants
from fireline.assess.checks.meant import Meant, Thing
from tests.assess.given import look
from tests.assess.refusals import facts, the

DENIED = "ERROR:  permission denied for table users"
USUAL = {"web": frozenset({"SELECT", "INSERT"})}
GROUPS = Grants((Alike("public", "owner", 5, 90, ("a", "b"), USUAL), Alike("public", "owner", 1, 99, ("users",), {})))


def bare(**grants: frozenset[str]) -> Meant:
    return Meant((Thing(99, "public", "users", "r", "owner", 0, dict(grants)),))


def test_what_the_siblings_have_is_granted_again() -> None:
    found = the(judge(look(DENIED, grants=GROUPS, meant=bare())))
    assert found.remedy.sql == ("GRANT SELECT, INSERT ON public.users TO web",)
    assert found.remedy.undo == ("REVOKE SELECT, INSERT ON public.users FROM web",)
    assert "web has SELECT, INSERT on 5 of 5 other tables of schema public, not on public.users" in facts(found)
    assert "rls_enabled_no_policy" in {one.cause for one in found.rejected}


def test_only_what_is_missing_is_granted() -> None:
    found = the(judge(look(DENIED, grants=GROUPS, meant=bare(web=frozenset({"SELECT"})))))
    assert found.remedy.sql == ("GRANT INSERT ON public.users TO web",)


def test_a_complaint_without_a_name_means_the_newest_table_without_grants() -> None:
    found = the(judge(look("permission denied all over since the deploy", grants=GROUPS)))
    assert (found.objects, found.confidence < 0.7) == (("public.users",), True)
    assert judge(look("permission denied for a sequence since the deploy", grants=GROUPS)) == ()


def test_siblings_that_are_granted_to_nobody_or_to_few_tell_nothing() -> None:
    few = Grants((Alike("public", "owner", 9, 90, ("a",), {}), Alike("public", "owner", 1, 80, ("b",), USUAL)))
    assert judge(look(DENIED, grants=few, meant=bare())) == ()
    assert judge(look(DENIED, grants=GROUPS, meant=bare(**USUAL))) == ()


def test_nobody_complaining_a_table_for_its_owner_alone_is_no_fault() -> None:
    assert judge(look(grants=GROUPS)) == ()
