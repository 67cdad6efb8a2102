"""Requests of a strict isolation level change the same rows, and what fails is not repeated.

Not found in silence: a program that repeats what failed leaves the same counters, and is well.
"""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop()
    level = at.rng.choice(("SERIALIZABLE", "REPEATABLE READ"))
    for number in range(at.rng.randrange(3, 6)):
        at.background(
            f"SET TRANSACTION ISOLATION LEVEL {level}",
            f"SELECT sum(n) FROM {at.table} WHERE id < 50",
            "SELECT pg_sleep(0.02)",
            f"UPDATE {at.table} SET n = n + 1 WHERE id = {1 + number % 2}",
            role=at.role,
            application=f"web-{number}",
            again=True,
        )
    at.until("SELECT 1 FROM pg_stat_database WHERE datname = current_database() AND xact_rollback > 1")

    def mended(_: object) -> None:
        at.close()  # the program repeats now
        at.admin = at.connect(autocommit=True)

    return Wound(
        (
            "ERROR:  could not serialize access due to concurrent update",
            "ERROR:  could not serialize access due to read/write dependencies among transactions\nHINT:  The transaction might succeed if retried.",
            "random failures with SQLSTATE 40001 at checkout",
        ),
        remedy=mended,
        quiet=True,
    )


fault = Fault("serialization_conflict_no_retry", inject, silent=False)
