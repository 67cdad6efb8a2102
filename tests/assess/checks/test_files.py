"""The lines of the configuration files."""

from __future__ import annotations

from psycopg.conninfo import make_conninfo

from fireline.assess.checks.files import Files, blind, read
from fireline.postgres.connect import Target, connect
from fireline.redact import Secret
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN


def test_lines_have_their_place_and_value(target: Target) -> None:
    with connect(target) as conn:
        found = read(conn, NOTHING_SEEN)
    assert found.lines
    assert blind(found) is None
    one = next(one for one in reversed(found.lines) if one.name == "shared_buffers")
    assert (one.applied, one.error, one.file.endswith(".conf"), bool(one.line)) == (True, "", True, True)


def test_a_role_that_may_not_read_them_says_so(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE ROLE no_files LOGIN PASSWORD 'no-files-pw' IN ROLE pg_monitor")
    try:
        dsn = make_conninfo(target.dsn.reveal(), user="no_files", password="no-files-pw")
        with connect(Target("main", Secret(dsn))) as conn:
            found = read(conn, NOTHING_SEEN)
        assert found == Files(readable=False)
        assert blind(found) == "may not read pg_file_settings"
    finally:
        faults.owner.execute("DROP ROLE no_files")
