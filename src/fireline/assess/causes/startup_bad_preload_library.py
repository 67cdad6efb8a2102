"""The server does not start, as a library that it must load first is not there or does not fit."""

from __future__ import annotations

from pathlib import Path

from fireline.assess.checks.server_files import ServerFiles
from fireline.assess.down import not_started, stopped_by
from fireline.assess.refused import FAMILY
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Verdict
from fireline.postgres.conf_files import lines_of

LABEL = "startup_bad_preload_library"
_WORDS = (
    r"could not access file \"([^\"]+)\"|could not load library \"([^\"]+)\"|incompatible library \"([^\"]+)\""
    r"|could not find function \"_PG_init\" in file \"([^\"]+)\""
)
_SETTINGS = ("shared_preload_libraries", "session_preload_libraries", "local_preload_libraries")


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The last start was broken off by such a library."""
    words = stopped_by(snapshot, _WORDS)
    if words is None:
        return ()
    name = Path(words.names[0]).name.removesuffix(".so") if words.names else "a library"
    where = _where(snapshot, name)
    return not_started(
        snapshot,
        LABEL,
        f"The server does not start: it can not load the library {name}.",
        words,
        objects=(f"shared_preload_libraries: {name}", *where[:1]),
        text=f"Take {name} out of shared_preload_libraries{' in ' + where[0] if where else ''}, or install the package of this"
        " version that brings it. What depends on it is missing until then.",
        rejected={
            "disk_full_tablespace": "the log says that a library is missing, not that space is",
            "hba_reject": "nothing listens: no rule is asked",
            "invalid_config_entry": "the line can be read; the file that it names can not be loaded",
            "server_not_running": "it was started, and the log says why it did not come up",
        },
    )


def _where(snapshot: Snapshot, name: str) -> tuple[str, ...]:
    """The lines of the configuration that name it, the one that counts first."""
    files = snapshot.last("server_files", ServerFiles)
    if files is None or files.data is None:
        return ()
    found = [line for setting in _SETTINGS for line in lines_of(files.data, files.config, setting) if name in line.text]
    return tuple(f"{line.file} line {line.number}" for line in reversed(found))


cause = Cause(LABEL, FAMILY, judge, (), ("unreachable", "config"), absorbs=("server_not_running",))
