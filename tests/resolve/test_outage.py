"""What a restart would cut, as the server tells and as a person reads it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from fireline.errors import Refused
from fireline.postgres.connect import Target, connect
from fireline.resolve.outage import effects, look, refuse_what_would_not_start, who
from tests.servers import PATIENTS


def facts(**given: Any) -> dict[str, Any]:
    server = {"may_checkpoint": True, "unlogged": 0, "temporary": 0, "wal": None, "log": None}
    empty: dict[str, Any] = {
        "sessions": [],
        "work": [],
        "prepared": [],
        "followers": [],
        "pending": [],
        "faults": [],
        "unknown": [],
    }
    return {"server": server, **empty, **given}


@pytest.mark.parametrize("fixture", PATIENTS)
def test_work_in_progress_and_temporary_tables_are_seen(fixture: str, request: pytest.FixtureRequest) -> None:
    target: Target = request.getfixturevalue(fixture)
    dsn = target.dsn.reveal()
    with psycopg.connect(dsn, autocommit=True) as loader, psycopg.connect(dsn, application_name="pg_dump") as dump:
        loader.execute("CREATE TEMPORARY TABLE mine (i int)")
        dumper = dump.info.backend_pid
        with connect(target, autocommit=True) as conn, loader.cursor().copy("COPY mine FROM STDIN") as copy:
            copy.write(b"1\n")
            found = look(conn)
            if conn.info.server_version >= 140000:
                assert ("COPY", loader.info.backend_pid) in [(row["kind"], row["pid"]) for row in found["work"]]
    assert ("dump", dumper) in [(row["kind"], row["pid"]) for row in found["work"]]
    assert (found["server"]["temporary"], found["unknown"], found["faults"]) == (1, [], [])
    told = " ".join(effects(found, immediate=False))
    assert f"dump pg_dump (pid {dumper})" in told
    assert "Temporary tables are lost: 1." in told


def test_each_kind_of_loss_has_its_sentence() -> None:
    found = facts(
        sessions=[{"role": "app", "application": "web", "n": 12, "open": 2, "writing": 1, "oldest_seconds": 90},
                  {"role": "reporting", "application": "", "n": 3, "open": 0, "writing": 0, "oldest_seconds": 0}],
        followers=[{"kind": "standby", "name": "b"}, {"kind": "subscription", "name": "orders"}],
        pending=[{"name": "max_connections", "now": "100", "then": "300"}, {"name": "wal_level", "now": "replica", "then": None}],
        unknown=["what runs"],
    )  # fmt: skip
    assert effects(found, immediate=False) == [
        "Sessions that are cut: 12 of app (web), 3 of reporting.",
        "2 open transactions are rolled back, 1 with changes; the oldest is 90 s old.",
        "Replication stops meanwhile and goes on by itself: standby b, subscription orders.",
        "max_connections becomes 300, is 100.",
        "wal_level becomes what the files say, is replica.",
        "Unlogged tables and statistics are kept.",
        "A checkpoint is made first, so that stopping is short.",
        "Not known, as our role may not see it: what runs.",
    ]
    assert effects(facts(), immediate=False)[0] == "Nobody but Fireline is connected."


def test_many_kinds_of_sessions_are_summed_up() -> None:
    rows = [{"role": f"r{number}", "application": "", "n": 2, "open": 0} for number in range(8)]
    assert who(facts(sessions=rows)).endswith(", 2 of r4, 6 of others")
    assert who(facts()) == "nobody's"


def test_the_first_fault_is_named_and_the_others_counted() -> None:
    with pytest.raises(Refused, match=r"the server would not start again: a\.conf:1 nonsense, and 1 more"):
        refuse_what_would_not_start(facts(faults=["a.conf:1 nonsense", "b"]))
    refuse_what_would_not_start(facts())
