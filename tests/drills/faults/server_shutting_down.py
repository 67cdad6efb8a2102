"""Somebody asked for a smart shutdown; sessions that stay hold it up, and nobody new gets in."""

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
    target = at.target()
    for number in range(at.rng.randrange(1, 4)):
        at.connect(at.role, application=f"web-{number}", autocommit=True).execute("SELECT 1")
    running = at.cluster.running
    assert running is not None
    os.kill(running.pid, signal.SIGTERM)
    end = time.monotonic() + 5
    with suppress(psycopg.OperationalError):
        while time.monotonic() < end:
            psycopg.connect(at.dsn()).close()
            time.sleep(0.02)

    def remedy(root: Verdict) -> None:
        assert "-m fast" in root.remedy.text
        at.cluster.stop("fast")
        at.cluster.start()

    said = ("FATAL:  the database system is shutting down", "nobody can connect, it says shutting down")
    return Wound(said, target, remedy)


fault = Fault("server_shutting_down", inject)
