"""Which ways are chosen by what our role may do, who is locked out, and when a fence is refused."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline.errors import FirelineError, Refused
from fireline.postgres.connect import Target, database_of
from fireline.recovery.fence import fence as fences
from fireline.recovery.fence import planning
from fireline.recovery.fence.ground import stand
from fireline.recovery.fence.planning import Planned
from fireline.recovery.fence.rows import Level
from fireline.redact import Secret
from fireline.store.connect import Store
from tests.recovery.fence.poor import responder
from tests.recovery.fence.shop import gets_in, shop, state_of, until
from tests.recovery.fence.test_fence import raised, say


def planned(target: Target, level: Level) -> Planned:
    with stand(target) as ground:
        return planning.plan(ground, level)


def ways(plan: Planned) -> set[str]:
    return {step.way for step in plan.steps}


def test_a_superuser_sets_the_limit_and_keeps_the_keys(patient: Target) -> None:
    found = planned(patient, "drained")
    assert ways(found) == {"connection-limit", "end-sessions"}
    assert "still gets in" in found.locked_out
    assert all(step.why and step.stops_not for step in found.steps)


def test_an_application_that_is_a_superuser_loses_its_login(patient: Target, store: Store) -> None:
    with shop(patient, clients=1) as busy:
        say(patient, f'ALTER ROLE "{busy.role}" SUPERUSER')
        before = state_of(patient)
        target = replace(busy.target, application_roles=(busy.role,))
        assert "nologin" in ways(planned(target, "drained"))
        fence = raised(store, target, "drained")
        assert fence.proof is not None
        assert fence.proof["proved"] is True, fence.proof
        assert "not permitted to log in" in fence.proof["canary"]["says"]
        fences.lift(store, target, fence, "ada")
        assert state_of(patient) == before
        say(patient, f'ALTER ROLE "{busy.role}" NOSUPERUSER')


def test_an_owner_with_another_database_sets_the_limit_and_comes_back(store: Store, patient: Target) -> None:
    with responder(patient, owner=True) as ours, shop(patient, clients=1) as busy:
        target = replace(ours, application_dsn=busy.target.application_dsn)
        before = state_of(patient)
        found = planned(target, "drained")
        assert "connection-limit" in ways(found)
        assert "no backup can be taken meanwhile" in found.locked_out
        fence = raised(store, target, "drained")
        assert fence.proof is not None
        assert fence.proof["proved"] is True, fence.proof
        assert not gets_in(target.dsn.reveal())
        assert fences.lift(store, target, fence, "ada").state == "lifted"
        assert state_of(patient) == before


@pytest.mark.parametrize("acl", ["none", "listed", "own grants"])
def test_an_owner_with_no_other_database_takes_the_right_to_connect_and_gives_it_back(
    store: Store, patient: Target, acl: str
) -> None:
    name = database_of(patient)
    with shop(patient, clients=1) as busy, responder(patient, owner=True, outside=False) as ours:
        if acl != "none":
            say(patient, f'GRANT CONNECT ON DATABASE "{name}" TO "{busy.role}"')
        if acl == "own grants":
            say(patient, f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC', f'GRANT TEMP ON DATABASE "{name}" TO PUBLIC')
        target = replace(ours, application_dsn=busy.target.application_dsn, application_roles=(busy.role,))
        before = state_of(patient)
        found = planned(target, "drained")
        assert ways(found) == {"revoke-connect", "end-sessions"}
        fence = raised(store, target, "drained")
        assert fence.proof is not None
        assert fence.proof["proved"] is True, fence.proof
        assert "permission denied for database" in fence.proof["canary"]["says"]
        assert gets_in(target.dsn.reveal()), "the owner stays in"
        lifted = fences.lift(store, target, fence, "ada")
        assert lifted.state == "lifted", lifted.error
        after = state_of(patient)
        if acl == "none":
            assert before["database"].pop("datacl") is None
            assert after["database"].pop("datacl") is not None
            assert any("now written out" in step.said for step in lifted.steps)
        assert after == before
        seen = busy.rows()
        until(lambda: busy.rows() > seen)


def test_a_null_acl_is_null_again_where_a_superuser_lifts(store: Store, patient: Target) -> None:
    with shop(patient, clients=0) as busy, responder(patient, owner=True, outside=False) as ours:
        target = replace(ours, application_roles=(busy.role,))
        before = state_of(patient)
        fence = raised(store, target, "no-new")
        assert fences.lift(store, patient, fence, "ada").state == "lifted"
        assert state_of(patient) == before


def test_an_application_that_is_a_member_of_the_owner_is_not_stopped_by_rights_and_loses_its_login(
    store: Store, patient: Target
) -> None:
    with shop(patient, clients=1) as busy, responder(patient, owner=True, more="CREATEROLE", outside=False) as ours:
        admin = psycopg.conninfo.conninfo_to_dict(ours.dsn.reveal())["user"]
        say(patient, f'GRANT "{busy.role}" TO "{admin}" WITH ADMIN OPTION')
        say(patient, f'REVOKE "{busy.role}" FROM "{admin}"')
        say(patient, f'GRANT "{admin}" TO "{busy.role}"')
        target = replace(ours, application_dsn=busy.target.application_dsn, application_roles=(busy.role,))
        found = planned(target, "drained")
        assert any("may not change it" in one.why for one in found.left_out)
        fence = raised(store, target, "drained")
        assert fence.proof is not None
        assert fence.proof["proved"] is False
        assert fence.proof["refuted"], "the application comes in through its membership, and that is seen"
        fences.lift(store, target, fence, "ada")


def test_who_owns_nothing_takes_the_login_from_the_named_roles(store: Store, patient: Target) -> None:
    with shop(patient, clients=1) as busy, responder(patient, owner=False, more="CREATEROLE") as ours:
        admin = psycopg.conninfo.conninfo_to_dict(ours.dsn.reveal())["user"]
        say(patient, f'GRANT "{busy.role}" TO "{admin}" WITH ADMIN OPTION')
        before = state_of(patient)
        target = replace(ours, application_dsn=busy.target.application_dsn, application_roles=(busy.role,))
        assert ways(planned(target, "drained")) == {"nologin", "end-sessions"}
        fence = raised(store, target, "drained")
        assert fence.proof is not None
        assert fence.proof["proved"] is True, fence.proof
        fences.lift(store, target, fence, "ada")
        assert state_of(patient) == before


def test_who_may_do_nothing_is_refused_with_the_way_out(patient: Target) -> None:
    with responder(patient, owner=False) as ours:
        with pytest.raises(Refused, match="can not keep anybody out") as no:
            planned(ours, "drained")
        assert "application_roles" in str(no.value.hint)
        with pytest.raises(Refused, match="can not keep anybody out"):
            planned(ours, "read-only")
        with pytest.raises(Refused, match="can not close it"):
            planned(ours, "closed")


def test_closing_without_another_database_would_lock_everybody_out(patient: Target) -> None:
    with pytest.raises(Refused, match="nobody could open it again") as no:
        planned(replace(patient, maintenance=database_of(patient)), "closed")
    assert "targets.main.maintenance" in str(no.value.hint)


def test_its_own_role_never_loses_its_login(patient: Target) -> None:
    user = psycopg.conninfo.conninfo_to_dict(patient.dsn.reveal())["user"]
    found = planned(replace(patient, application_roles=(str(user),)), "drained")
    assert "nologin" not in ways(found)
    assert any("the role that Fireline itself acts as" in one.why for one in found.left_out)


def test_a_database_that_is_not_there_is_told(patient: Target) -> None:
    gone = replace(patient, dsn=Secret(make_conninfo(patient.dsn.reveal(), dbname="not_there")))
    with pytest.raises(FirelineError, match="not_there"):
        planned(gone, "drained")


def test_sessions_that_are_hidden_from_our_role_count_as_the_applications(store: Store, patient: Target) -> None:
    with shop(patient, clients=1) as busy, responder(patient, owner=True, sees=False) as ours:
        before = state_of(patient)
        target = replace(ours, application_dsn=busy.target.application_dsn)
        with psycopg.connect(patient.dsn.reveal(), application_name="a superuser"):
            fence = raised(store, target, "drained")
        assert fence.proof is not None
        assert fence.proof["proved"] is False, "a superuser's session it can neither see nor end"
        assert "a superuser" in fence.proof["says"]
        assert [one["application"] for one in fence.proof["residue"]] == ["a superuser"], "the shop's are ended"
        fences.lift(store, target, fence, "ada")
        assert state_of(patient) == before
