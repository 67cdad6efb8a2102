"""A line of the configuration files can not be used: what was set has no effect, and the server may not start again."""

from __future__ import annotations

from fireline.assess.bad_config import while_down
from fireline.assess.checks.files import Files, Line
from fireline.assess.checks.settings import Settings
from fireline.assess.quoting import ident, literal
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "invalid_config_entry"
_PENDING = "setting could not be applied"  # also said of a good value that waits for a restart


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Lines with an error, those aside that only wait for a restart; of a server that is down, the one it stopped at."""
    files, settings = snapshot.last("files", Files), snapshot.last("settings", Settings)
    if files is None:
        return while_down(snapshot, LABEL)
    found = [one for one in files.lines if one.error and not _waits(one, settings)]
    return (_verdict(snapshot, found),) if found else ()


def _waits(line: Line, settings: Settings | None) -> bool:
    own = settings.values.get(line.name.lower()) if settings else None
    return line.error == _PENDING and own is not None and own.pending_restart


def _said(line: Line) -> str:
    what = f"{line.name} = {line.value!r}" if line.name else "the line"
    return f"line {line.line} of {line.file}: {what}: {line.error}"


def _verdict(snapshot: Snapshot, found: list[Line]) -> Verdict:
    names = list(dict.fromkeys(one.name for one in found if one.name))
    asked = snapshot.complaint.about("config", "unreachable")
    own = [one.name for one in found if one.name and one.file.endswith("postgresql.auto.conf")]
    return Verdict(
        cause=LABEL,
        title=f"The server can not use what its configuration says{f' of {listed(names)}' if names else ''}.",
        severity="high" if asked else "medium",
        confidence=0.97,
        objects=tuple(f"{one.file}:{one.line}" for one in found),
        evidence=tuple(Evidence("pg_file_settings", _said(one)) for one in found[:5]),
        explains=("a changed setting has no effect", "the server will not start again"),
        rejected=(
            Rejected(
                "startup_bad_preload_library", "the server reads the line and can not use it; no library is missing"
            ),
            Rejected("hba_reject", "the fault is in the settings, not in pg_hba.conf"),
        ),
        remedy=Cure(
            text=f"Correct or remove {listed([f'line {one.line} of {one.file}' for one in found])}, then reload. Until then the"
            " server goes on with what it had; do not restart it before, as it would not come up.",
            sql=(*(f"ALTER SYSTEM RESET {ident(name)}" for name in dict.fromkeys(own)), "SELECT pg_reload_conf()"),
            level="reversible",
        ),
        probe=_probe(found),
    )


def _probe(found: list[Line]) -> Probe:
    lines = " OR ".join(
        f"(name IS NOT DISTINCT FROM {literal(one.name) if one.name else 'NULL'} AND error = {literal(one.error)})"
        for one in found[:20]
    )
    return Probe(f"SELECT sourcefile, sourceline, error FROM pg_file_settings WHERE {lines}", "rows = 0")  # noqa: S608 - literals


cause = Cause(LABEL, "configuration", judge, ("files",), ("config", "unreachable"), absorbs=("server_not_running",))
