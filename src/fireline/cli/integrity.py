"""`fireline integrity`: every foreign key counted, and what else the catalogs say against the data; reads only, needs no store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fireline.cli.patient import Dsn, TargetName, patient
from fireline.cli.terminal import answer, options
from fireline.errors import Usage

if TYPE_CHECKING:
    from fireline.assess.integrity import Progress


def integrity(
    target: TargetName = None,
    dsn: Dsn = None,
    constraint: Annotated[
        str | None, typer.Option(metavar="NAME", help="This foreign key alone: its name, or table.name.")
    ] = None,
    limit: Annotated[
        str, typer.Option(metavar="TIME", help="Stop after this long; what is left is told as unknown.")
    ] = "10m",
    resume: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep what is done in this file, and go on from it.")
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also prove every index, and look for keys that are there twice.")
    ] = False,
) -> None:
    """Count the rows that break a foreign key, and show what else speaks against the data.

    Reads only, one statement for each key, and gives way to whoever waits for a table. The parent's index is proved
    first (by amcheck, where it is there), and what an index calls an orphan is looked for in the table itself.
    Also told: constraints never validated, triggers switched off, unusable indexes, keys that might be declared.
    Nothing is changed or added.

    Exit code 0 clean, 1 something is wrong, 2 not everything could be checked.

    --json: {target, database, server_version, taken_at, duration_ms, limit_s, findings, foreign_keys: [{name, table,
    columns, parent, parent_columns, state: clean|orphans|index|unknown, because, orphans, half_null, samples: [{table,
    ctid, key}], index_missing_entries, index_hides, parent_index: {name, state: whole|broken|unknown, because},
    validated, enforced, rows, plan, checked_at, ms}], unvalidated: [{name, relation, kind, enforced}],
    disabled_triggers: [{name, table, state, foreign_key}], invalid_indexes: [{name, table, unique, state}], undeclared:
    [{table, column, parent, parent_column, inclusion, sampled}], broken_indexes and duplicate_keys with --deep,
    unknown: [{what, because}]}
    """
    from fireline.assess.checked_keys import Checked
    from fireline.assess.integrity import Wanted, examine
    from fireline.cli.integrity_view import draw

    wanted = Wanted(constraint, _length(limit), deep)
    with _progress() as progress:
        told = examine(patient(target, dsn), wanted, lambda database: Checked(resume, database), progress)
    answer(_plain(told), draw)
    if told["findings"] or told["unknown"]:
        raise typer.Exit(1 if told["findings"] else 2)


def _length(text: str) -> timedelta:
    from fireline.settings import duration

    try:
        return duration(text)
    except ValueError as wrong:
        raise Usage(f"--limit: {wrong}") from None


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    from fireline.store.chain import plain

    made: dict[str, Any] = plain(told)
    return made


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on stderr that counts rows, where a person looks on; it is gone when all is told."""
    import sys

    from fireline.assess.integrity import Progress

    if options.json or not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} rows"),
    )
    with Bar(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("foreign keys", total=None)
        yield Progress(
            begun=lambda keys, rows: bar.update(task, total=rows, description=f"{keys} foreign keys"),
            next=lambda title: bar.update(task, description=title),
            done=lambda rows: bar.advance(task, rows),
        )
