"""Proofs by trial, and words for roles."""

from __future__ import annotations

from fireline.assess import sight
from fireline.assess.access import Opening
from fireline.assess.checks.policies import PUBLIC, Policies, Policy, Relation, Role
from fireline.assess.follow_ups.exposure import ENOUGH, Exposure, Seen
from fireline.assess.snapshot import Snapshot
from tests.assess.refusals import snap

ORDERS = Relation(
    20, "public", "orders", owner="owner", secured=True, rows=50.0, grants={"web": ("SELECT",), "owner": ()}
)
USERS = Relation(21, "public", "users", owner="owner", rows=900.0)
KNOWN = Policies(
    {one.name: one for one in (Role("anon"), Role("web", login=True), Role("boss", bypasses=True), Role("owner"))},
    relations=(ORDERS, USERS),
)


def trial(*seen: Seen, symptom: str = "") -> Snapshot:
    return snap(symptom, policies=KNOWN, exposure=Exposure(seen))


def test_public_is_tried_as_a_stranger() -> None:
    mine = Seen("anon", 20, 3, 3)
    assert sight.tried(trial(mine), PUBLIC, ORDERS) is mine
    assert sight.tried(trial(mine), "web", ORDERS) is None
    assert sight.tried(snap(policies=KNOWN), PUBLIC, ORDERS) is None


def test_only_a_trial_of_every_role_over_rows_that_are_there_shows_no_harm() -> None:
    nothing, denied = Seen("web", 20, 0, 5), Seen("anon", 20, None, denied=True)
    assert sight.harmless(trial(nothing, denied), ["web", "anon"], ORDERS)
    assert not sight.harmless(trial(nothing), ["web", "anon"], ORDERS)
    assert not sight.harmless(trial(Seen("web", 20, 0, 0)), ["web"], ORDERS)
    assert not sight.harmless(trial(Seen("web", 20, 1, 5)), ["web"], ORDERS)
    assert not sight.harmless(trial(nothing), [], ORDERS)


def test_what_a_trial_showed_is_a_fact_and_makes_sure() -> None:
    some = trial(Seen("web", 20, 2, ENOUGH), Seen("anon", 20, None))
    (fact,) = sight.shown(some, ["web", "anon"], ORDERS)
    assert fact.fact == f"web sees 2 rows of public.orders, we see {ENOUGH} or more"
    way = Opening(ORDERS, {"web": ("SELECT",)})
    assert sight.sure(some, [way], 0.7) == 0.98
    assert sight.sure(trial(Seen("web", 20, 0, 5)), [way], 0.7) == 0.7


def test_a_complaint_that_names_a_table_is_about_that_one_and_else_the_largest_comes_first() -> None:
    ways = [Opening(ORDERS, {"web": ()}), Opening(USERS, {"web": ()})]
    assert [one.relation.name for one in sight.asked_first(trial(), ways)] == ["users", "orders"]
    asked = trial(symptom="anyone can read orders")
    assert [one.relation.name for one in sight.asked_first(asked, ways)] == ["orders"]
    assert sight.oids([*ways, ways[0]]) == "20, 21"


def test_roles_are_told_and_quoted_as_they_are() -> None:
    assert sight.who(["web", PUBLIC]) == "every role"
    assert (sight.grantee(PUBLIC), sight.grantee("Web")) == (PUBLIC, '"Web"')
    assert (sight.as_argument(PUBLIC), sight.as_argument("o'x")) == ("'public'", "'o''x'")


def test_a_twin_is_ruled_out_only_by_a_fact_that_holds() -> None:
    always = Relation(22, "public", "orders", owner="web", policies=(Policy("all", "r", using_always=True),))
    closed = {one.cause for one in sight.twins(KNOWN, ORDERS, ["web"], but="role_bypassrls")}
    assert closed == {
        "rls_disabled_exposed", "rls_policy_always_true", "definer_view_bypasses_rls", "owner_bypasses_rls",
        "policy_rls_disabled",
    }  # fmt: skip
    assert {one.cause for one in sight.twins(KNOWN, always, ["web", "boss"], but="")} == {"definer_view_bypasses_rls"}


def test_policies_hold_for_those_with_grants_who_do_not_own_the_table() -> None:
    assert sight.restricted(KNOWN, ORDERS) == ["web"]
    assert sight.restricted(KNOWN, Relation(23, "public", "x", owner="owner", grants={"boss": ("SELECT",)})) == []
