"""The server was stopped and does not start again, as its data folder is not as it was."""

from __future__ import annotations

from contextlib import suppress

from fireline.assess.verdict import Verdict
from fireline.errors import ClusterError
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    target = at.target()
    at.stop()
    if at.rng.random() < 0.5:
        at.data.chmod(0o777)

        def undo() -> None:
            at.data.chmod(0o700)

    else:
        lost = at.data / "global" / "pg_control"
        lost.rename(lost.with_suffix(".away"))

        def undo() -> None:
            lost.with_suffix(".away").rename(lost)

    with suppress(ClusterError, OSError):
        at.cluster.start()

    def remedy(root: Verdict) -> None:
        assert "data folder" in root.title
        undo()
        at.cluster.start()

    return Wound(("connection refused", "the database is down after the disk was moved"), target, remedy)


fault = Fault("startup_data_unusable", inject)
