"""A pooled session took an advisory lock, went back to the pool and keeps it; the job that wants it never starts."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.waiting import waiters


def inject(at: Place) -> Wound:
    at.shop(200)
    at.traffic(1)
    number = at.rng.randrange(1, 2**40)
    key = at.rng.choice((f"{number}", f"{number % 1000}, {number % 77}", f"hashtext('{at.table}')"))
    holder = at.connect(at.role, application=at.rng.choice(("scheduler", "pool", "worker")), autocommit=True)
    holder.execute(f"SELECT pg_advisory_lock({key})".encode())
    holder.execute(b"SELECT 1")
    waiters(at, f"SELECT pg_advisory_xact_lock({key})", at.rng.randrange(1, 4))  # which let it go when they are done
    return Wound(
        (
            "the nightly job never starts",
            "the worker is stuck waiting for its lock",
            "cron job hangs since the deploy",
        )
    )


fault = Fault("advisory_lock_leak", inject)
