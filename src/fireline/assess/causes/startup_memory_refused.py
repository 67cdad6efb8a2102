"""The server does not start, as the machine does not give it the shared memory or semaphores that its settings ask for."""

from __future__ import annotations

from fireline.assess.down import not_started, stopped_by
from fireline.assess.refused import FAMILY
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Verdict

LABEL = "startup_memory_refused"
_WORDS = r"could not (?:map anonymous shared memory|create shared memory segment|create semaphores|allocate .*shared memory|resize shared memory)"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The last start was broken off so."""
    words = stopped_by(snapshot, _WORDS)
    if words is None:
        return ()
    return not_started(
        snapshot,
        LABEL,
        "The server does not start: the machine does not give it the memory that its settings ask for.",
        words,
        objects=("shared_buffers", "max_connections"),
        text="Lower shared_buffers (or max_connections, huge_pages) to what the machine has; a quarter of its memory is usual. Look"
        " for a change of these settings, of the machine's size or of a container's limit.",
        rejected={
            "startup_bad_preload_library": "the log speaks of memory, not of a library",
            "invalid_config_entry": "the settings can be read; what they ask for is not there",
            "server_not_running": "it was started, and the log says why it did not come up",
        },
    )


cause = Cause(LABEL, FAMILY, judge, (), ("unreachable", "memory", "config"), absorbs=("server_not_running",))
