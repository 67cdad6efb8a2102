"""What a server said before it went, and whether it is there: what the causes of a server that is down share. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fireline.assess.checks.log import Log
from fireline.assess.checks.server_files import ServerFiles
from fireline.assess.refused import LETS_IN, door, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cure, Evidence, Verdict
from fireline.postgres.log_lines import Said

_SETTLED = re.compile(r"is ready to accept|database system is shut down")
_BAD = ("PANIC", "FATAL", "ERROR")
NOT_UP = ("refused", "lost", "starting", "recovery", "shutting_down")


@dataclass(frozen=True)
class Words:
    """The line that stopped a start, with the names in it and the lines around it."""

    said: Said
    names: tuple[str, ...]
    around: tuple[Said, ...]


def is_down(snapshot: Snapshot) -> bool:
    """Whether nobody answers at the door and, as far as this machine tells, no process serves the data."""
    files = snapshot.last("server_files", ServerFiles)
    return door(snapshot).refused("refused", "lost") and not (files is not None and files.running)


def last_words(snapshot: Snapshot) -> tuple[Said, ...]:
    """What the log says behind the last moment at which all was well, or at which it was stopped in order."""
    log = snapshot.last("log", Log)
    tail = log.tail if log else ()
    settled = [n for n, one in enumerate(tail) if _SETTLED.search(one.message) and not _broken_off(tail[:n], one)]
    return tail[settled[-1] + 1 :] if settled else tail


def _broken_off(before: tuple[Said, ...], end: Said) -> bool:
    """Whether a server ends with the words of an orderly stop because its start failed."""
    own = [one for one in before if one.pid == end.pid]
    return "shut down" in end.message and bool(own) and own[-1].severity in ("FATAL", "PANIC")


def stopped_by(snapshot: Snapshot, words: str, *, also: tuple[str, ...] = ()) -> Words | None:
    """The last line that stopped a start with these words, if the server is down; severities in `also` count too."""
    if not is_down(snapshot):
        return None
    shape, around = re.compile(words), last_words(snapshot)
    for one in reversed(around):
        if one.severity in (*_BAD, *also) and (found := shape.search(one.message)):
            return Words(one, tuple(part for part in found.groups() if part), around)
    return None


def not_started(
    snapshot: Snapshot, label: str, title: str, words: Words, *, objects: tuple[str, ...], text: str, rejected: dict[str, str],
    sql: tuple[str, ...] = (), confidence: float = 0.95,
) -> tuple[Verdict, ...]:  # fmt: skip
    """The verdict on a server that does not start, and says why."""
    files = snapshot.last("server_files", ServerFiles)
    facts = [Evidence("server log", f"{words.said.severity}: {' '.join(words.said.message.split())}")]
    facts += [Evidence("server log", part) for part in (words.said.detail, words.said.hint) if part]
    facts.append(Evidence("door", door(snapshot).said))
    if files and files.data:
        state = f"; pg_control was last written {files.control.state}" if files.control else ""
        facts.append(Evidence("this machine", f"no process serves {files.data}{state}"))
    cure = Cure(f"{text} Then start the server{_start(files)}.", sql)
    made = verdict(
        label, title, objects=objects, evidence=facts, rejected=rejected, remedy=cure, probe=LETS_IN, confidence=confidence,
        explains=("the server does not start", "nobody can connect"), hurt=1,
    )  # fmt: skip
    return (made,)


def _start(files: ServerFiles | None) -> str:
    return f" (its data is in {files.data})" if files and files.data else ""


def how_to_start(files: ServerFiles | None) -> str:
    """The command with which a person starts it."""
    if files and files.config and len(files.config.parts) > 3:  # noqa: PLR2004 - Debian's /etc/postgresql/15/main
        return f"pg_ctlcluster {files.config.parts[-3]} {files.config.parts[-2]} start"
    return f"pg_ctl -D {files.data} start" if files and files.data else "systemctl start postgresql"
