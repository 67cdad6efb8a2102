"""The server was stopped, or killed, and nobody started it again."""

from __future__ import annotations

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    target = at.target()
    at.stop(at.rng.choice(("fast", "immediate")))

    def remedy(root: Verdict) -> None:
        assert "pg_ctl" in root.remedy.text
        at.cluster.start()

    said = (
        "Connection refused. Is the server running on that host?",
        "the database is down",
        "could not connect to server",
    )
    return Wound(said, target, remedy, log_file=at.log if at.rng.random() < 0.5 else None)


fault = Fault("server_not_running", inject)
