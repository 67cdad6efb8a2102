"""What a server on this machine said in the systemd journal since a moment, read with journalctl: bounded in all ways."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer
from typing import Any

from fireline.postgres.log_envelopes import IDENT, Letter, opened
from fireline.postgres.log_tail import Tail

MOST_LINES, MOST_BYTES = 20_000, 16 * 2**20
SECONDS = 3.0
_FIELDS = (
    "MESSAGE", "PRIORITY", "SYSLOG_PID", "_PID", "_CMDLINE", "_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT", "_TRANSPORT",
    "_STREAM_ID", "SYSLOG_IDENTIFIER",
)  # fmt: skip
_SHUT = ("not seeing messages from other users", "insufficient permissions")
_NO_RIGHT = "this account may not read the journal; add it to the group systemd-journal or adm, and log in anew"
_NONE = ("No journal files were found", "No journal files were opened")
# How a server's messages are marked for syslog; one in another language is understood by it.
_SEVERITIES = {"2": "PANIC", "3": "FATAL", "4": "ERROR", "5": "WARNING", "6": "LOG"}
_Row = dict[str, Any]


def of_unit(unit: str, since: datetime, *, place: Path | None = None) -> Tail:
    """What a unit said: a server's own, of the system or of a user. Raises OSError."""
    rows, whole = _rows([f"_SYSTEMD_UNIT={unit}", "+", f"_SYSTEMD_USER_UNIT={unit}"], since, place)
    return _tail(f"the journal of {unit}", rows, whole)


def of_server(
    since: datetime, *, data: Path | None = None, pid: int = 0, ident: str = IDENT, place: Path | None = None
) -> Tail:
    """What a server said whose unit is not known, as of one that is down: known by its folder, else by being the only one.

    place: a journal file, or a folder of them, instead of this machine's. Raises OSError, also when there are several.
    """
    wanted = ["_COMM=postgres", "_COMM=postmaster", "+", f"SYSLOG_IDENTIFIER={ident or IDENT}"]
    rows, whole = _rows(wanted, since, place)
    own = {_writer(row) for row in rows if _is_of(row, data, pid, ident)}
    writers = {_writer(row) for row in rows}
    if len(writers) > 1 and not own:
        told = ", ".join(sorted({_unit(row) or "no unit" for row in rows}))
        raise OSError(
            f"several servers write to the journal ({told}); write one's to a file, as with journalctl -u UNIT -o cat,"
            " and give it with --log-file"
        )
    kept = [row for row in rows if not own or _writer(row) in own]
    units = sorted({unit for row in kept if (unit := _unit(row))})
    name = f"the journal {place}" if place else "the journal"
    return _tail(f"{name} of {', '.join(units)}" if units else name, kept, whole)


def _is_of(row: _Row, data: Path | None, pid: int, ident: str) -> bool:
    """Whether a line is surely of the server with this data folder, this process, or this name that is nobody else's."""
    if ident not in ("", IDENT) and _text(row.get("SYSLOG_IDENTIFIER")) == ident:
        return True
    words = _text(row.get("_CMDLINE")).split()
    return (bool(pid) and _text(row.get("_PID")) == str(pid)) or (data is not None and str(data) in words)


def _unit(row: _Row) -> str:
    return _text(row.get("_SYSTEMD_USER_UNIT")) or _text(row.get("_SYSTEMD_UNIT"))


def _writer(row: _Row) -> str:
    """What tells one server from another: its unit, else the stream that it writes to, else its name for syslog."""
    return _unit(row) or _text(row.get("_STREAM_ID")) or _text(row.get("SYSLOG_IDENTIFIER"))


def _tail(name: str, rows: list[_Row], whole: bool) -> Tail:
    return Tail(name, "journal", tuple(opened(_letters(rows), exact=True)), whole)


def _letters(rows: list[_Row]) -> Iterator[Letter]:
    for row in rows:
        at = datetime.fromtimestamp(int(row["__REALTIME_TIMESTAMP"]) / 1_000_000, UTC)
        syslog = row.get("_TRANSPORT") == "syslog"
        pid = _text(row.get("SYSLOG_PID") if syslog else row.get("_PID")) or _text(row.get("_PID"))
        severity = _SEVERITIES.get(_text(row.get("PRIORITY")), "") if syslog else ""
        # The lines of a stream follow each other whoever wrote them; those sent to syslog are mixed.
        yield Letter(at, int(pid) if pid.isdigit() and syslog else None, _text(row.get("MESSAGE")), severity)


def _text(value: Any) -> str:
    """A field: a text, the bytes of one that is not plain, or several of which the first counts."""
    if isinstance(value, list) and value and isinstance(value[0], int):
        return bytes(value).decode(errors="replace")
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    return value if isinstance(value, str) else ""


def _rows(matches: Sequence[str], since: datetime, place: Path | None) -> tuple[list[_Row], bool]:
    """The lines that match, oldest first, and whether they are all; the newest are read first, should they be many."""
    where = [] if place is None else [f"--directory={place}" if place.is_dir() else f"--file={place}"]
    command = [
        "journalctl", "--output=json", f"--output-fields={','.join(_FIELDS)}", "--all", "--no-pager", "--reverse",
        f"--lines={MOST_LINES}", f"--since=@{int(since.timestamp())}", *where, *matches,
    ]  # fmt: skip
    out, error, done = _run(command)
    rows = [row for line in out.splitlines() if (row := _row(line)) is not None]
    if not rows:
        explain(error, done)
    kept = [row for row in rows if int(row["__REALTIME_TIMESTAMP"]) >= since.timestamp() * 1_000_000]
    return kept[::-1], done == 0 and len(rows) < MOST_LINES


def _run(command: list[str]) -> tuple[bytes, str, int | None]:
    """What it printed, and its exit code; None when it was cut off, for its length or its slowness."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0"},
        )  # fmt: skip
    except FileNotFoundError:
        raise OSError("journalctl is not on this machine") from None
    slow = Timer(SECONDS, process.kill)
    slow.start()
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        out = process.stdout.read(MOST_BYTES)
        cut = len(out) == MOST_BYTES
        if cut:
            process.kill()
        error = process.stderr.read(10_000).decode(errors="replace")
    slow.cancel()
    return out, error, None if cut or process.returncode < 0 else process.returncode


def _row(line: bytes) -> _Row | None:
    try:
        row = json.loads(line)
    except ValueError:  # cut off in the middle
        return None
    return row if isinstance(row, dict) and str(row.get("__REALTIME_TIMESTAMP", "")).isdigit() else None


def explain(error: str, done: int | None) -> None:
    """Why nothing came, where that is not because nothing was said. Raises OSError."""
    if any(words in error for words in _SHUT):
        raise OSError(_NO_RIGHT)
    if any(words in error for words in _NONE):
        raise OSError("there is no journal on this machine")
    if done is None:
        raise OSError(f"journalctl gave nothing within {SECONDS:g} s")
    if done:
        raise OSError(f"journalctl: {(error.strip().splitlines() or ['it failed'])[-1]}")
