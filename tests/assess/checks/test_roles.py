"""Roles, their limits and their sessions."""

from __future__ import annotations

from fireline.assess.checks.roles import Role, Roles, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN


def seen(target: Target) -> Roles:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def test_what_a_role_may_and_how_many_sessions_it_has(target: Target, faults: Faults) -> None:
    owner = faults.owner
    owner.execute(
        "CREATE ROLE limited_role LOGIN CONNECTION LIMIT 3 PASSWORD 'limited-word' VALID UNTIL '2020-01-02 03:04+00'"
    )
    owner.execute("CREATE ROLE powerful_role BYPASSRLS CREATEROLE IN ROLE pg_monitor")
    owner.execute("CREATE ROLE eternal_role LOGIN VALID UNTIL 'infinity'")
    owner.execute("CREATE ROLE never_role LOGIN VALID UNTIL '-infinity'")
    try:
        found = seen(target)
        one = found.all["limited_role"]
        assert (one.login, one.limit, one.sessions, one.superuser) == (True, 3, 0, False)
        assert one.valid_until
        assert one.valid_until.isoformat() == "2020-01-02T03:04:00+00:00"
        assert found.all["eternal_role"].valid_until is None
        never = found.all["never_role"].valid_until
        assert never is not None
        assert never < found.at
        other = found.all["powerful_role"]
        assert (other.login, other.bypasses_rls, other.creates_roles, other.member_of) == (
            False,
            True,
            True,
            ("pg_monitor",),
        )
        assert found.all["postgres"].sessions >= 2
        assert found.all["postgres"].newest is not None
        assert not any(name.startswith("pg_") for name in found.all)
    finally:
        owner.execute("DROP ROLE limited_role, powerful_role, eternal_role, never_role")


def test_the_slots_are_counted(target: Target, faults: Faults) -> None:
    faults.open("one")
    found = seen(target)
    assert (found.slots, found.reserved) == (60, 3)
    assert found.taken >= 2
    assert not found.full
    assert Roles(found.at, {}, 60, 3, 57).full


def test_names_that_are_roles_are_found_among_others() -> None:
    web = Role("web")
    known = Roles(NOTHING_SEEN.taken_at, {"web": web})
    assert known.named("x", "web", None, "web") == (web,)
