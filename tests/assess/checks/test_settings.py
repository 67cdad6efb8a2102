"""Settings with their origin, overrides and faults."""

from __future__ import annotations

from fireline.assess.checks.settings import Override, Settings, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN


def seen(target: Target) -> Settings:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def test_a_setting_has_its_value_unit_and_origin(target: Target) -> None:
    found = seen(target)
    buffers = found.values["shared_buffers"]
    assert (buffers.value, buffers.unit, buffers.source) == ("4096", "8kB", "configuration file")
    assert found.number("shared_buffers") == 4096
    assert found.number("search_path", 7) == 7
    assert found.file_errors == ()


def test_what_a_role_and_a_database_override_is_seen(target: Target, faults: Faults) -> None:
    database = faults.owner.info.dbname
    faults.owner.execute("CREATE ROLE overridden_role")
    try:
        faults.owner.execute("ALTER ROLE overridden_role SET work_mem = '64kB'")
        faults.owner.execute(f"ALTER DATABASE {database} SET search_path = 'a, b'")
        found = seen(target)
        assert found.overridden("work_mem") == (Override(None, "overridden_role", "work_mem", "64kB"),)
        assert found.overridden("search_path")[0].database == database
        assert found.overridden("search_path")[0].value == '"a, b"'
    finally:
        faults.owner.execute("DROP ROLE overridden_role")
