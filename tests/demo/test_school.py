from __future__ import annotations

import psycopg
import pytest

from fireline.demo.school import TABLES, School


def rows(school: School, login: str, statement: str, **settings: str) -> list[tuple[object, ...]]:
    with school.connect(login, "test") as conn:
        for name, value in settings.items():
            conn.execute("SELECT set_config(%s, %s, true)", [f"app.{name}", value])
        return conn.execute(statement.encode()).fetchall()


def test_the_same_rows_are_made_every_time(school: School) -> None:
    digest = "SELECT md5(string_agg(a.id || title || status || coalesce(grade::text, ''), ',' ORDER BY a.id)) FROM assignments a"
    assert rows(school, "fireline", digest) == [("b755d947bbedcf335b026187995dd0cf",)]


def test_a_student_sees_only_what_is_theirs(school: School) -> None:
    seen = rows(school, "school_app", "SELECT DISTINCT user_id FROM assignments", user_id="7", role="student")
    assert seen == [(7,)]


def test_nobody_in_particular_sees_nothing(school: School) -> None:
    for table in TABLES:
        assert rows(school, "school_app", f"SELECT count(*) FROM {table}") == [(0,)]


def test_staff_sees_every_assignment(school: School) -> None:
    assert rows(school, "school_app", "SELECT count(*) FROM assignments", role="staff") == [(60_000,)]


def test_the_app_may_not_change_who_is_an_admin(school: School) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(school, "school_app", "UPDATE users SET role = 'admin' WHERE id = 7", user_id="7")


def test_the_reading_role_reads_and_can_not_write(school: School) -> None:
    assert rows(school, "fireline_read", "SELECT count(*) FROM pg_stat_activity WHERE query IS NOT NULL")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(school, "fireline_read", "DELETE FROM admin_actions")


def test_the_app_has_its_own_optimization_and_lacks_the_functions_that_its_runbook_calls(school: School) -> None:
    assert rows(school, "fireline", "SELECT optimize_database()") == [("6 tables analyzed",)]
    for name in ("calculate_database_health_score", "detect_performance_bottlenecks"):
        with pytest.raises(psycopg.errors.UndefinedFunction):
            rows(school, "fireline", f"SELECT * FROM {name}()")


def test_the_slow_query_of_the_runbook_fails_on_a_column_that_was_renamed(school: School) -> None:
    assert school.has_statements, "the wheel brings pg_stat_statements"
    with pytest.raises(psycopg.errors.UndefinedColumn, match="mean_time"):
        rows(school, "fireline_read", "SELECT query, mean_time, calls FROM pg_stat_statements")


def test_a_session_is_seen_until_it_ends(school: School) -> None:
    conn = school.connect("school_app", "test")
    pid = conn.info.backend_pid
    assert school.has_session(pid)
    with school.connect("fireline", "test", autocommit=True) as other:
        assert other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone() == (True,)
    assert not school.has_session(pid)
    conn.close()
