"""Which database a command means: a target of the settings, or any by its DSN."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fireline.cli.terminal import options
from fireline.errors import NotFound, Usage

if TYPE_CHECKING:
    from fireline.postgres.connect import Target

TargetName = Annotated[str | None, typer.Option("--target", help="As named in the settings; the only one if left out.")]
Dsn = Annotated[str | None, typer.Option("--dsn", metavar="DSN", help="Any database, or @FILE that holds its DSN.")]


def patient(name: str | None, dsn: str | None) -> Target:
    """The database meant. Raises Usage, NotFound."""
    from fireline import settings as settings_file
    from fireline.postgres.connect import Target
    from fireline.redact import Secret

    if dsn is not None:
        if name is not None:
            raise Usage("--target and --dsn exclude each other")
        given = Path(dsn[1:]).read_text(encoding="utf-8").strip() if dsn.startswith("@") else dsn
        _readable(given)
        return Target("database", Secret(given))
    settings = settings_file.read(options.config)
    known = settings.targets
    wanted = name or (next(iter(known)) if len(known) == 1 else None)
    if wanted is None or wanted not in known:
        asked = f"no target {name!r}" if name else "which database is meant is not known"
        raise NotFound(asked, hint=f"Targets in the settings: {', '.join(known) or 'none'}. Or give --dsn.")
    one = known[wanted]
    return Target(wanted, one.dsn, one.read_dsn, one.labels, settings.policy.lock_timeout, one.supabase)


def _readable(dsn: str) -> None:
    """Raise Usage for what is no DSN; its words are not repeated, they may hold a password."""
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(dsn)
    except Error:
        raise Usage(
            "the DSN can not be read", hint="Write it as postgresql://user:password@host:port/database."
        ) from None


def remote(dsn: str | None) -> bool:
    """Whether a server of ours is to look, because FIRELINE_URL names one and no DSN is given."""
    return dsn is None and bool(os.environ.get("FIRELINE_URL"))
