"""The server does not start, as its port or its socket is in use by another server."""

from __future__ import annotations

from fireline.assess.down import not_started, stopped_by
from fireline.assess.refused import FAMILY
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Verdict

LABEL = "startup_port_taken"
_WORDS = (
    r"could not bind \S+ (?:address|socket)?.*Address already in use|could not create any (?:TCP/IP|Unix-domain) sockets"
    r"|lock file \"([^\"]+\.lock)\" already exists"
)


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The last start was broken off so."""
    words = stopped_by(snapshot, _WORDS)
    if words is None:
        return ()
    bound = next((one for one in reversed(words.around) if "Address already in use" in one.message), None)
    reason = f" ({bound.message})" if bound else ""
    return not_started(
        snapshot,
        LABEL,
        "The server does not start: its address is in use already.",
        words,
        objects=words.names or ("port",),
        text=f"Find what has the port{reason}: `ss -ltnp`. It may be a second server, or the old one that is still there: stop the"
        " one that is not wanted, or give one another port.",
        rejected={
            "startup_bad_preload_library": "the log speaks of an address, not of a library",
            "server_not_running": "it was started, and the log says why it did not come up",
        },
    )


cause = Cause(LABEL, FAMILY, judge, (), ("unreachable", "config"), absorbs=("server_not_running",))
