"""Sequences that an inserting role may not use."""

from __future__ import annotations

from fireline.assess.causes.sequence_grant_missing import judge
from fireline.assess.checks.grants import Grants, SequenceUse
from fireline.assess.checks.meant import Meant, Thing
from tests.assess.given import look
from tests.assess.refusals import facts, the

DENIED = "ERROR:  permission denied for sequence users_id_seq"
LACKING = SequenceUse("public", "users_id_seq", "public", "users", "web", usable=False)
OTHERS = tuple(SequenceUse("public", f"s{i}", "public", f"t{i}", "web", usable=True) for i in range(3))
SEQUENCE = Meant((Thing(9, "public", "users_id_seq", "S"),))


def test_the_sequence_is_granted() -> None:
    found = the(judge(look(DENIED, grants=Grants((), (LACKING,)), meant=SEQUENCE)))
    assert found.remedy.sql == ("GRANT USAGE ON SEQUENCE public.users_id_seq TO web",)
    assert "web has INSERT on public.users and neither USAGE nor UPDATE on public.users_id_seq" in facts(found)
    assert found.rejected[0].cause == "grants_lost_on_recreate"


def test_another_sequence_is_not_blamed() -> None:
    other = Meant((Thing(8, "public", "orders_id_seq", "S"),))
    assert judge(look("permission denied for sequence orders_id_seq", grants=Grants((), (LACKING,)), meant=other)) == ()


def test_nobody_complaining_only_an_oversight_is_named() -> None:
    assert the(judge(look(grants=Grants((), (LACKING, *OTHERS))))).severity == "medium"
    assert judge(look(grants=Grants((), (LACKING,)))) == ()
    assert judge(look(grants=Grants((), OTHERS))) == ()


def test_a_denied_table_is_not_a_denied_sequence() -> None:
    table = Meant((Thing(7, "public", "users", "r"),))
    assert judge(look("permission denied for table users", grants=Grants((), (LACKING,)), meant=table)) == ()
