"""Somebody guesses a password over the network, and gets in. The application itself comes by the socket."""

from __future__ import annotations

from contextlib import suppress

import psycopg
from psycopg.conninfo import make_conninfo

from tests.drills.drill import Fault, Wound
from tests.drills.place import PASSWORD, Place


def inject(at: Place) -> Wound:
    at.shop(100)
    at.cluster.tcp = True
    at.restart()
    for number in range(at.rng.randrange(1, 4)):
        at.connect(at.role, application=f"web-{number}", autocommit=True).execute("SELECT 1")
    outside = at.cluster.url(at.database, tcp=True)
    names = [at.role, *at.rng.sample(("admin", "root", "test", "app", "postgres1"), at.rng.randrange(4))]
    for number in range(at.rng.randrange(14, 30)):
        with suppress(psycopg.OperationalError):
            psycopg.connect(
                make_conninfo(outside, user=names[number % len(names)], password=f"guess-{number}-word")
            ).close()
    entered = psycopg.connect(
        make_conninfo(outside, user=at.role, password=PASSWORD, application_name="psql"), autocommit=True
    )
    at.keep(entered).execute("SELECT 1")
    said = (
        "odd logins in the log, many failed login attempts",
        f'alert: 28 times password authentication failed for user "{at.role}" within a minute, brute force?',
        "suspicious connections from an unknown address",
    )
    return Wound(said)


fault = Fault("brute_force_success", inject, {"log_connections": "on"})
