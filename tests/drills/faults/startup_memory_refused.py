"""The server was stopped and does not start again, as its settings ask for more memory than there is."""

from __future__ import annotations

from contextlib import suppress

from fireline.assess.verdict import Verdict
from fireline.errors import ClusterError
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    target = at.target()
    before = at.cluster.settings["shared_buffers"]
    at.stop()
    at.cluster.settings["shared_buffers"] = f"{at.rng.randrange(2, 8)}TB"
    with suppress(ClusterError):
        at.cluster.start()

    def remedy(root: Verdict) -> None:
        assert "shared_buffers" in root.objects
        at.cluster.settings["shared_buffers"] = before
        at.cluster.start()

    return Wound(("connection refused", "the database will not start since we tuned its memory"), target, remedy)


fault = Fault("startup_memory_refused", inject)
