"""The server recovers from an archive that is slow, and lets nobody in until then."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import psycopg

from fireline.assess.verdict import Verdict
from fireline.errors import ClusterError
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    target, go = at.target(), at.data / "go"
    at.stop(at.rng.choice(("fast", "immediate")))
    (at.data / "recovery.signal").touch()
    at.cluster.settings |= {"restore_command": f"while [ ! -e {go} ]; do sleep 0.05; done; false", "hot_standby": "off"}
    starting = threading.Thread(target=_start, args=(at,), daemon=True)
    starting.start()
    at.finally_(go.touch)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with suppress(psycopg.OperationalError):
            psycopg.connect(target.dsn.reveal()).close()
        if "starting backup recovery" in at.log.read_text() or "starting archive recovery" in at.log.read_text():
            break
        time.sleep(0.05)

    def remedy(root: Verdict) -> None:
        assert root.remedy.text.startswith("Wait")
        go.touch()
        starting.join(20)

    said = ("FATAL:  the database system is starting up", "the database is down since the restart and does not answer")
    return Wound(said, target, remedy)


def _start(at: Place) -> None:
    with suppress(ClusterError):
        at.cluster.start()


fault = Fault("server_starting", inject)
