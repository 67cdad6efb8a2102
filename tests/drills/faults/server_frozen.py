"""The server's process is stopped in its tracks: it takes calls and never answers."""

from __future__ import annotations

import os
import signal

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    running = at.cluster.running
    assert running is not None
    target = at.target(connect_timeout=2)
    os.kill(running.pid, signal.SIGSTOP)
    at.finally_(lambda: os.kill(running.pid, signal.SIGCONT))

    def remedy(root: Verdict) -> None:
        assert f"kill -CONT {running.pid}" in root.remedy.text
        os.kill(running.pid, signal.SIGCONT)

    return Wound(("the database does not answer any more", "connection timed out", "everything hangs"), target, remedy)


fault = Fault("server_frozen", inject)
