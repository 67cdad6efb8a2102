"""The server was stopped and does not start again, as something else has its port."""

from __future__ import annotations

import socket

from fireline.assess.verdict import Verdict
from fireline.cluster.account import choose
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    target = at.target()
    at.stop()
    taken = socket.create_server(("127.0.0.1", 0))
    at.finally_(taken.close)
    _start(at, taken.getsockname()[1])

    def remedy(root: Verdict) -> None:
        assert "ss -ltnp" in root.remedy.text
        taken.close()
        at.cluster.start()

    said = (
        "connection refused",
        "the database does not start after the reboot",
        "Is the server running on that host and accepting connections?",
    )
    return Wound(said, target, remedy)


def _start(at: Place, port: int) -> None:
    """As a person would, on this port; our own cluster looks for a free one."""
    folder, account = at.cluster.folder, choose(at.data.stat().st_uid)
    argv = [at.cluster.binaries.program("postgres"), "-D", str(folder.data), "-c", f"port={port}", "-c", "listen_addresses=127.0.0.1",
            "-c", f"unix_socket_directories={folder.data}"]  # fmt: skip
    with folder.log.open("ab") as log:
        account.start(argv, stdout=log, stderr=log).wait(20)


fault = Fault("startup_port_taken", inject)
