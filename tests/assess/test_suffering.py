"""How many suffer, from one look at a real server."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from fireline import clock
from fireline.assess.checks.log import Entry, Log
from fireline.assess.look import look
from fireline.assess.suffering import suffering
from fireline.postgres.connect import Target
from tests.assess.faults import Faults


def test_sessions_that_wait_for_another_are_counted(patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE orders (id int PRIMARY KEY, n int)")
        conn.execute("INSERT INTO orders VALUES (7, 0)")
    assert suffering(look(patient))["waiting"] == 0
    with Faults(patient) as trouble:
        trouble.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
        for name in ("web", "mobile", "import"):
            trouble.waiting(name, "UPDATE orders SET n = 2 WHERE id = 7")
        assert suffering(look(patient))["waiting"] == 3


def test_connections_that_the_log_tells_were_refused_are_counted(patient: Target) -> None:
    seen = look(patient, wanted={})
    assert suffering(seen) == {"waiting": 0, "refused": 0}
    entries = (
        Entry("FATAL", "sorry", "sorry, too many clients already", 40, code="53300"),
        Entry("FATAL", "starting", "the database system is starting up", 2, code="57P03"),
        Entry("ERROR", "other", "deadlock detected", 9, code="40P01"),
    )
    told = replace(seen, readings={"log": (Log("server.log", clock.now(), entries),)})
    assert suffering(told) == {"waiting": 0, "refused": 42}
