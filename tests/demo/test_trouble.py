from __future__ import annotations

import time

from fireline.demo.school import School
from fireline.demo.trouble import Trouble, canary


def test_the_canary_comes_back_while_nothing_is_wrong(school: School) -> None:
    seconds = canary(school)
    assert seconds is not None
    assert 0 < seconds < 2


def test_behind_the_migration_even_a_read_hangs(school: School, trouble: Trouble) -> None:
    assert trouble.begin()
    assert school.waits_for(trouble.migration_pid, trouble.report_pid)
    assert canary(school, limit=0.3) is None
    assert trouble.report_ended_by() is None
    assert trouble.migrated is None


def test_ending_the_one_idle_session_lets_everything_through(school: School, trouble: Trouble) -> None:
    assert trouble.begin()
    with school.connect("fireline", "test", autocommit=True) as conn:
        conn.execute("SELECT pg_terminate_backend(%s, 5000)", [trouble.report_pid])
    assert canary(school) is not None
    assert trouble.report_ended_by() == "terminating connection due to administrator command"
    end = time.monotonic() + 5
    while trouble.migrated is None and time.monotonic() < end:
        time.sleep(0.02)
    assert trouble.migrated is not None


def test_ending_the_migration_alone_helps_only_until_the_next_one(school: School, trouble: Trouble) -> None:
    assert trouble.begin()
    with school.connect("fireline", "test", autocommit=True) as conn:
        conn.execute("SELECT pg_terminate_backend(%s, 5000)", [trouble.migration_pid])
    assert canary(school) is not None
    again = Trouble(school)
    again.begin(patience=0.1)  # it waits for the report of before, not for its own
    assert school.waits_for(again.migration_pid, trouble.report_pid)
    assert canary(school, limit=0.3) is None
    again.end()
