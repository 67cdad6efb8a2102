import psycopg

from fireline.detect import configured
from fireline.postgres.connect import Target, connect


def told(before: dict[str, configured.Kept], now: dict[str, configured.Kept]) -> list[str]:
    return [one.title for one in configured.different(before, now)]


def test_what_only_one_look_could_see_is_no_difference() -> None:
    one: dict[str, configured.Kept] = {"work_mem": ["4MB", "aa", False, ""], "ssl": ["on", "bb", False, ""]}
    other: dict[str, configured.Kept] = {"work_mem": ["8MB", "cc", False, ""], "port": ["1", "dd", False, ""]}
    assert told(one, other) == ["work_mem is 8MB, before 4MB"]
    assert told(one, one) == []


def test_an_override_that_came_and_one_that_went_are_both_told() -> None:
    one: dict[str, configured.Kept] = {"work_mem of role app": ["4MB", "aa", False, ""]}
    other: dict[str, configured.Kept] = {"jit of role app": ["", "bb", False, ""]}
    found = [one.title for one in configured.different_overrides(one, other)]
    assert found == ["jit of role app is empty, before not set", "work_mem of role app is not set, before 4MB"]


def test_our_own_limits_are_not_taken_for_the_servers_settings(target: Target) -> None:
    with connect(target) as conn, conn.transaction():
        found = configured.settings(conn)
    assert found["lock_timeout"][0] == "not set"  # the file says nothing of it, whatever our session has
    assert found["max_connections"][0].isdigit()
    assert found["work_mem"][0] == "4MB"
    assert not any(name.startswith("fireline") or name == "transaction_read_only" for name in found)


def test_a_role_that_may_not_read_the_files_sees_what_it_may(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS plain_reader; CREATE ROLE plain_reader")
        try:
            with connect(target) as conn, conn.transaction():
                conn.execute("SET LOCAL ROLE plain_reader")
                found = configured.settings(conn)
                assert configured.overrides(conn) == {}
            assert "lock_timeout" not in found
            assert found["work_mem"][0] == "4MB"
        finally:
            owner.execute("DROP ROLE plain_reader")
