"""A server that does not start as it can not read its configuration, judged by its last words: the label is the caller's. Pure."""

from __future__ import annotations

import re

from fireline.assess.checks.server_files import ServerFiles
from fireline.assess.down import not_started, stopped_by
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Verdict
from fireline.postgres.conf_files import lines_of

_ENDS = r"configuration file \"([^\"]+)\" contains errors|could not load (\S+pg_hba\.conf)|could not open configuration file \"([^\"]+)\""
_LINE = re.compile(
    r"unrecognized configuration parameter|invalid value for parameter|requires a (?:numeric|Boolean) value|is outside the valid range"
    r"|syntax error in file|invalid (?:connection type|authentication method|IP address|line)|parameter \"\S+\" cannot be"
)
_NAME = re.compile(r"parameter \"(\w+)\"")
_WHERE = re.compile(r"file \"([^\"]+)\" line (\d+)|line (\d+) of configuration file \"([^\"]+)\"")


def while_down(snapshot: Snapshot, label: str) -> tuple[Verdict, ...]:
    """The verdict when the last start was broken off by such a line."""
    words = stopped_by(snapshot, _ENDS)
    if words is None:
        return ()
    faults = [one for one in words.around if _LINE.search(one.message)]
    fault = faults[-1] if faults else words.said
    place = _WHERE.search(f"{fault.message} {fault.context}")
    file = words.names[0] if words.names else "its configuration"
    where = f"{place[1] or place[4]}:{place[2] or place[3]}" if place else _line_of(snapshot, fault.message) or file
    return not_started(
        snapshot,
        label,
        "The server does not start: it can not use a line of its configuration.",
        words,
        objects=(where,),
        text=f"Correct or remove the line: {fault.message} ({where}).",
        rejected={
            "startup_bad_preload_library": "the line can not be read; no library is missing",
            "hba_reject": "nothing listens: no rule is asked",
            "server_not_running": "it was started, and the log says why it did not come up",
        },
    )


def _line_of(snapshot: Snapshot, message: str) -> str:
    """The line of a setting whose value can not be used, which the log names without a place."""
    files, name = snapshot.last("server_files", ServerFiles), _NAME.search(message)
    if files is None or files.data is None or name is None:
        return ""
    lines = lines_of(files.data, files.config, name[1])
    return f"{lines[-1].file}:{lines[-1].number}" if lines else ""
