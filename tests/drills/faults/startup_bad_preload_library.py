"""The server was stopped and does not start again, as a library that it must load is not there."""

from __future__ import annotations

from contextlib import suppress

from fireline.assess.verdict import Verdict
from fireline.errors import ClusterError
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    target = at.target()
    name = at.rng.choice(("pg_audit_old", "timescaledb-2.99", "auto_explainer", "pg_cron_x"))
    kept = at.cluster.settings.get("shared_preload_libraries", "")
    at.stop()
    libraries = f"{kept},{name}" if at.rng.random() < 0.5 and kept else name
    at.cluster.settings["shared_preload_libraries"] = libraries
    with suppress(ClusterError):
        at.cluster.start()

    def remedy(root: Verdict) -> None:
        assert name in root.title
        at.cluster.settings["shared_preload_libraries"] = kept
        at.cluster.start()

    said = (
        "could not connect to server: No such file or directory. Is the server running locally?",
        "the database is down since the restart and does not start",
        "connection refused",
    )
    return Wound(said, target, remedy, log_file=at.log if at.rng.random() < 0.5 else None)


fault = Fault("startup_bad_preload_library", inject)
