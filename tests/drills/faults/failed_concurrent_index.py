"""A deploy's CREATE INDEX CONCURRENTLY failed, and left half an index behind."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import COMPLAINTS, asked, large


def inject(at: Place) -> Wound:
    """Broken off while it waits for a transaction that is older, before it may take writes; or stopped by a time limit."""
    column = large(at, index=False)
    name = f"{at.table}_{column}_idx"
    holder = at.idle(f"UPDATE {at.table} SET note = 'x' WHERE id = 1", application="worker")
    with at.connect(at.role, application="deploy", autocommit=True) as deploy:
        deploy.execute(f"SET {at.rng.choice(('lock_timeout', 'statement_timeout'))} = '300ms'".encode())
        with suppress(psycopg.Error):
            deploy.execute(f"CREATE INDEX CONCURRENTLY {name} ON {at.table} ({column})".encode())
    holder.rollback()
    holder.close()
    asked(at, f"SELECT * FROM {at.table} WHERE {column} = 'Key77'")
    return Wound((*COMPLAINTS, "pages are slow since the deploy"))


fault = Fault("failed_concurrent_index", inject)
