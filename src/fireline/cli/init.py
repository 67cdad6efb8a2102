"""`fireline init`: a first fireline.toml from what the runbook says; it tells nobody and starts nothing."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from fireline.cli.terminal import answer, say
from fireline.errors import Refused, Usage


def init(
    runbook: Annotated[Path, typer.Option(help="The team's Markdown runbook; it is read and never written.")],
    target: Annotated[
        list[str], typer.Option(metavar="NAME=DSN", help="A database in our care, or NAME=@FILE; may be repeated.")
    ],
    folder: Annotated[Path, typer.Option("--dir", help="Where to write.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over a fireline.toml that is there.")] = False,
) -> None:
    """Write a first fireline.toml from a runbook.

    Contacts come in unconfirmed: nobody is mailed before you have checked an address. Secrets go into files of their
    own that only this account can read.
    """
    from fireline.cli.first_settings import settings_text
    from fireline.runbook.parse import read
    from fireline.settings import FILE

    targets = dict(_target(text) for text in target)
    place = folder / FILE
    if place.exists() and not force:
        raise Refused(f"{place} is there already", hint="Say --force to write over it.")
    book = read(runbook)
    folder.mkdir(parents=True, exist_ok=True)
    files = _write_secrets(folder, targets)
    text = settings_text(book, os.path.relpath(runbook.resolve(), folder.resolve()), list(targets), files)
    place.write_text(text, encoding="utf-8")
    unfilled = [{"text": one.text, "line": one.line} for one in book.placeholders]
    warnings = [words for name, dsn in targets.items() if (words := _unanswered(name, dsn))]
    told = {"file": str(place), "secrets": sorted(files.values()), "placeholders": unfilled, "warnings": warnings}
    told["next"] = _next(folder)
    answer(told, lambda data: _draw(data, runbook))


def _target(text: str) -> tuple[str, str]:
    name, equals, dsn = text.partition("=")
    if not equals or not dsn or not name.replace("-", "").replace("_", "").isalnum():
        raise Usage(
            f"--target: expected NAME=DSN, got {name!r}", hint="Such as main=postgresql://app@db/app, or main=@FILE."
        )
    if dsn.startswith("@"):
        return name, Path(dsn[1:]).read_text(encoding="utf-8").strip()
    return name, dsn


def _write_secrets(folder: Path, targets: dict[str, str]) -> dict[str, str]:
    """The DSNs and fresh tokens, each in a file of mode 0600; path relative to the settings, by what it is for."""
    place = folder / ".fireline" / "secrets"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.parent.chmod(0o700)
    wanted = {f"{name}.dsn": dsn for name, dsn in targets.items()}
    wanted |= {f"{source}.token": secrets.token_urlsafe(32) for source in ("alertmanager", "generic")}
    files = {}
    for name, secret in wanted.items():
        file = place / name
        if name.endswith(".dsn") or not file.exists():  # a token that senders already have stays as it is
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(opened, "w", encoding="utf-8") as out:
                out.write(secret + "\n")
            file.chmod(0o600)
        files[name] = f".fireline/secrets/{name}"
    return files


def _unanswered(name: str, dsn: str) -> str | None:
    """Why a target does not answer, or None when it does: to be told, not a reason to stop."""
    from fireline.errors import FirelineError
    from fireline.postgres.connect import Target, connect, identity
    from fireline.redact import Secret

    try:
        with connect(Target(name, Secret(dsn))) as conn:
            identity(conn)
    except FirelineError as silent:
        return silent.message
    return None


def _next(folder: Path) -> list[str]:
    into = [] if folder.resolve() == Path.cwd() else [f"cd {folder}"]
    return [*into, "fireline doctor", "fireline up", "fireline doctor --send-test-alert"]


def _draw(told: dict[str, Any], runbook: Path) -> None:
    say(f"Wrote {told['file']}, and {len(told['secrets'])} secrets that only this account can read.")
    if told["placeholders"]:
        say("", "Still to be filled in by you:")
        say(*(f"  {runbook}:{one['line']}: {one['text']}" for one in told["placeholders"]))
    for words in told["warnings"]:
        say("", f"warning: {words}")
    say("", "Next:", *(f"  {line}" for line in told["next"]))
