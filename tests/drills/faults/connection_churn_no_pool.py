"""Clients open a connection for each small piece of work, over and over."""

from __future__ import annotations

import threading
from contextlib import suppress

import psycopg

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(500)
    dsn, stop = at.dsn(at.role, application_name="lambda"), threading.Event()
    each = at.rng.randrange(1, 4)

    def churn() -> None:
        while not stop.is_set() and not at.stopping.is_set():
            with suppress(psycopg.Error), psycopg.connect(dsn, autocommit=True) as conn:
                for _ in range(each):
                    conn.execute(f"SELECT * FROM {at.table} WHERE id = 7".encode())

    for _ in range(at.rng.randrange(4, 8)):
        at.thread(churn)
    at.until("SELECT 1 FROM pg_stat_database WHERE datname = current_database() AND sessions > 30")

    def remedy(root: Verdict) -> None:
        del root
        stop.set()

    said = (
        "the CPU is high and latency is up, though no query is slow",
        "alert: response times p95 over 2s",
        "the app is sluggish",
    )
    return Wound(said, remedy=remedy)


fault = Fault("connection_churn_no_pool", inject, least=14)
