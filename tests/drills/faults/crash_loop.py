"""A process of the server is killed again and again, as the machine does when it has no memory left."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import psycopg

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    number = signal.SIGKILL if at.rng.random() < 0.5 else signal.SIGSEGV
    for _ in range(at.rng.randrange(2, 4)):
        pid = at.background(f"SELECT count(*), pg_sleep(20) FROM {at.table}", role=at.role)
        at.until("SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active'", pid)
        os.kill(pid, number)
        _back(at)

    def remedy(root: Verdict) -> None:
        """The culprit is off; the log of then is not asked any more."""
        assert at.table in root.objects[0]
        at.log.write_text("")

    said = ("server closed the connection unexpectedly. This probably means the server terminated abnormally",
            "FATAL:  the database system is in recovery mode", "all connections are lost every few minutes, the server crashes")  # fmt: skip
    return Wound(said, remedy=remedy)


def _back(at: Place) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with suppress(psycopg.OperationalError):
            at.admin = at.connect(autocommit=True)
            return
        time.sleep(0.05)


fault = Fault("crash_loop", inject, {"restart_after_crash": "on"})
