"""A rule of pg_hba.conf shuts the application out. A superuser looks, who is let in, or the refused role itself."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(100)
    file = at.data / "pg_hba.conf"
    before = file.read_text()
    if at.rng.random() < 0.6:
        said = f'pg_hba.conf rejects connection for host "[local]", user "{at.role}", database "{at.database}"'
        file.write_text(f"local {at.rng.choice(('all', at.database))} {at.role} reject\n{before}")
    else:
        said = f'no pg_hba.conf entry for host "[local]", user "{at.role}", database "{at.database}"'
        file.write_text(
            "local all postgres scram-sha-256\nlocal all watcher scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
    at.sql("SELECT pg_reload_conf()")
    at.until("SELECT 1 FROM pg_stat_activity")
    for _ in range(at.rng.randrange(1, 4)):
        with suppress(psycopg.OperationalError):
            psycopg.connect(at.dsn(at.role)).close()

    def remedy(root: Verdict) -> None:
        file.write_text(before)
        for statement in root.remedy.sql:
            at.sql(statement)

    words = (
        f"FATAL:  {said}, no encryption",
        f"FATAL:  {said}, SSL off",
        "the app can not log in since the firewall change",
    )
    return Wound(words, at.target(at.role) if at.rng.random() < 0.3 else None, remedy)


fault = Fault("hba_reject", inject)
