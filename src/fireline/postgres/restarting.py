"""How the server of a target is restarted from beside it: by pg_ctl, systemd or a command; and the wait until it answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from fireline import redact
from fireline.cluster.account import Account, choose
from fireline.cluster.binaries import find_binaries
from fireline.errors import ClusterError, Refused, TargetUnavailable
from fireline.postgres.connect import Identity, Target, identity, reach
from fireline.postgres.data_folder import OWN_LOG, DataFolder
from fireline.settings import RestartSettings

Mode = Literal["fast", "immediate"]

_MAY_WRITE = '[ -w "$0" ] || { [ ! -e "$0" ] && [ -w "$(dirname "$0")" ]; }'
_LOOK_SECONDS = 0.1
_MARGIN_SECONDS = 5.0  # for a program to end after its own time limit
_CLOCKS_APART = 1.0
_GONE_SECONDS = 1.0  # nothing listens, and what should have started it has failed


@dataclass(frozen=True)
class Way:
    """A restart that can be begun: the program with its arguments, as whom, and the data folder where it is known."""

    kind: str
    argv: list[str]
    account: Account | None
    folder: DataFolder | None
    patience: float
    log: Path | None = None  # where the new server's own output goes

    @property
    def told(self) -> str:
        """As a person would type it."""
        return " ".join(self.argv)


@dataclass(frozen=True)
class Ran:
    """How the program ended. exit: None when it still runs; said: its last line."""

    exit: int | None
    said: str


@dataclass(frozen=True)
class Answer:
    """What was found at the server's door at last: who answers, else why nobody does and of which kind that is."""

    identity: Identity | None
    error: str = ""
    kind: str = ""


def way_of(
    target: Target, place: Callable[[Path], Path], path: str, *, mode: Mode = "fast", seen: Identity | None = None
) -> Way:
    """The configured way, checked as far as it can be without beginning. seen: who answers now, None when nobody does.

    place: makes a path of the settings absolute; path: where programs are looked for. Raises Refused.
    """
    settings = target.restart
    if settings is None:
        raise _not_configured(target)
    if mode == "immediate" and settings.way != "pg_ctl":
        raise Refused(f"{settings.way} decides itself how the server is stopped", hint="Leave --mode out.")
    patience = settings.patience.total_seconds()
    if settings.way == "pg_ctl":
        return _pg_ctl(target.name, settings, place, mode, seen, patience)
    argv = (
        ["systemctl", "--no-ask-password", "restart", str(settings.unit)]
        if settings.way == "systemd"
        else list(settings.command)
    )
    program = shutil.which(argv[0], path=path)
    if program is None:
        raise Refused(
            f"there is no program {argv[0]} on this machine",
            hint=f"The worker must run beside the server; it looks in {path}."
            if "/" not in argv[0]
            else "Check the path.",
        )
    return Way(settings.way, [program, *argv[1:]], None, None, patience)


def _not_configured(target: Target) -> Refused:
    if target.supabase is not None:
        ref = target.supabase.project
        return Refused(
            f"the server of target {target.name} is run by Supabase, and Fireline can not restart it yet",
            hint=f"In the dashboard: project {ref}, Project Settings, General, Restart project (or Fast database reboot); "
            f"where your API has it: POST {target.supabase.api}/v1/projects/{ref}/restart.",
        )
    return Refused(
        f"how the server of target {target.name} is restarted is not configured",
        hint=f'Write [targets.{target.name}.restart] with way = "pg_ctl", or way = "systemd" and unit = "postgresql@15-main", '
        'or way = "command" and command = ["program", "argument"].',
    )


def _pg_ctl(
    name: str,
    settings: RestartSettings,
    place: Callable[[Path], Path],
    mode: Mode,
    seen: Identity | None,
    patience: float,
) -> Way:
    if settings.data is None and (seen is None or seen.data_directory is None):
        why = "does not answer" if seen is None else "does not let our role see it"
        raise Refused(f"where the data of target {name} is must be asked of its server, which {why}",
                      hint=f"Write targets.{name}.restart.data.")  # fmt: skip
    folder = DataFolder(place(settings.data) if settings.data else Path(str(seen and seen.data_directory)))
    folder.check(name, seen)
    try:
        account = choose(folder.owner)
    except ClusterError as wrong:
        raise Refused(wrong.message, hint=wrong.hint) from None
    try:
        programs = folder.programs if settings.binaries is None else None
        if programs is None:
            binaries = place(settings.binaries) if settings.binaries else None
            programs = find_binaries(binaries, major=folder.major, oldest=1).folder
    except ClusterError as wrong:
        raise Refused(wrong.message, hint=f"Name its folder with targets.{name}.restart.binaries.") from None
    program = programs / "pg_ctl"
    if not program.is_file():
        raise Refused(f"there is no pg_ctl in {programs}", hint=f"Write targets.{name}.restart.binaries.")
    if not account.can([str(program), "--version"]):
        raise Refused(
            f"{account.name} can not run {program}", hint="The server must be started as the owner of its data."
        )
    # What can not be written to would be noticed only when the server is down.
    log = next(
        (file for file in (folder.log, folder.path / OWN_LOG) if account.can(["/bin/sh", "-c", _MAY_WRITE, str(file)])),
        None,
    )
    if log is None:
        raise Refused(f"{account.name} can not write in {folder.path}", hint="The server could not be started again.")
    seconds = max(int(patience), 1)
    argv = [str(program), "restart", "-D", str(folder.path), "-m", mode, "-w", "-t", str(seconds), "-l", str(log)]
    return Way("pg_ctl", argv, account, folder, patience, log)


def run(way: Way, environment: Mapping[str, str]) -> Ran:
    """Run the program to its end, or until its time is over; then it is left alone, as a half restart is worse.

    It is not ours to kill and outlives us: a worker that dies between stop and start must not leave the server down.
    """
    with tempfile.TemporaryFile() as out:
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out, "start_new_session": True}
        if way.account is not None:
            process = way.account.start(way.argv, **options)
        else:
            process = subprocess.Popen(way.argv, cwd="/", env=dict(environment), **options)
        ends = time.monotonic() + way.patience * (2 if way.kind == "pg_ctl" else 1) + _MARGIN_SECONDS
        while process.poll() is None and time.monotonic() < ends:
            time.sleep(0.02)
        out.seek(0)
        lines = out.read(100_000).decode(errors="replace").strip().splitlines()
    if process.returncode is None:
        _left.append(process)
    return Ran(process.returncode, redact.text(lines[-1].strip()) if lines else "")


_left: list[subprocess.Popen[bytes]] = []  # what still runs; kept, so that it is not waited for when it is forgotten


def is_new(found: Identity, before: str | None, since: float) -> bool:
    """Whether a server was started by us: not the one that was there before or, where none was seen, not before that moment."""
    if before is not None:
        return found.postmaster_start != before
    return datetime.fromisoformat(found.postmaster_start).timestamp() >= since - _CLOCKS_APART


def wait(target: Target, before: str | None, since: float, seconds: float, *, failed: bool) -> Answer:
    """Wait until a server answers that was started after `before`; the last answer when none does in time.

    failed: the program said that it failed, so that a silent or unchanged server is not waited for long.
    """
    began = time.monotonic()
    while True:
        answer = ask(target)
        spent = time.monotonic() - began
        if answer.identity is not None and is_new(answer.identity, before, since):
            return answer
        hopeless = answer.identity is not None or answer.kind == "refused"
        if spent > seconds or (failed and hopeless and spent > _GONE_SECONDS):
            return answer
        time.sleep(_LOOK_SECONDS)


def ask(target: Target) -> Answer:
    """Who answers now."""
    try:
        with reach(target) as conn:
            return Answer(identity(conn))
    except (TargetUnavailable, Refused) as away:
        return Answer(None, away.message, getattr(away, "kind", "other"))


def environment_of(path: str, more: Mapping[str, str]) -> dict[str, str]:
    """What a program of the settings finds around it: as bash steps do, nothing of ours."""
    kept = {"HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8"}
    with suppress(KeyError):
        kept["DBUS_SESSION_BUS_ADDRESS"] = os.environ["DBUS_SESSION_BUS_ADDRESS"]
    return {**kept, "PATH": path, **more}
