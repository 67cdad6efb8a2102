"""`fireline lint`: what in a runbook would fail at night, said by daylight; needs no store, and runs nothing of the runbook."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fireline.cli import terminal
from fireline.errors import NotFound, SettingsError, Usage

if TYPE_CHECKING:
    from fireline.postgres.connect import Target
    from fireline.runbook.lint.rule import Rule
    from fireline.runbook.lint.world import World
    from fireline.settings import Settings

Format = Literal["text", "json", "sarif", "github"]
_ENDINGS = (".md", ".markdown")
_NOT_OURS = ("node_modules", "vendor")


def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]…", help="Markdown files, or folders of them; by default those of the settings."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="NAME", help="Also hold the SQL against this target of the settings.")
    ] = None,
    dsn: Annotated[
        str | None, typer.Option(metavar="DSN", help="Or against any database, or @FILE that holds its DSN.")
    ] = None,
    migrations: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Or against the schema that these migrations build, on a server of our own."),
    ] = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="text by default; sarif and github are for a team's CI.")
    ] = None,
    fix_to: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write corrected copies there and show the difference; the files stay as they are."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Advice, and what could not be checked, count as findings too.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(metavar="RULE", help="Only these rules; may be repeated.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="RULE", help="All but these; may be repeated.")] = None,
    explain: Annotated[
        str | None, typer.Option(metavar="RULE", help="Tell why a rule is one, with an example; check nothing.")
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules; check nothing.")] = False,
) -> None:
    """Say what in a runbook would fail, mislead or do harm at night.

    Every command is parsed and none is run. With a target, SQL is also prepared there in a read-only transaction that
    is rolled back. What could not be checked is said, and never called clean.

    Exit code 0 when nothing is to be mended, 1 when something is, 2 for wrong use.
    """
    from fireline.runbook.lint.checking import rules as known

    if explain is not None or rules:
        _tell_rules(known(), explain)
        return
    how = _format(form)
    if fix_to is not None and how in ("sarif", "github"):
        raise Usage(f"--fix-to and --format {how} exclude each other", hint="Look at the copies with another call.")
    wanted = _wanted(known(), only or [], ignore or [])
    named, loose = _files(files or [])
    with _world([*named, *loose], target, dsn, migrations) as world:
        failed = (
            _check(named, loose, world, wanted, how, strict=strict)
            if fix_to is None
            else _fix([*named, *_runbooks(loose)], world, wanted, fix_to, strict=strict)
        )
    if failed:
        raise typer.Exit(1)


def _format(given: Format | None) -> Format:
    if terminal.options.json and given not in (None, "json"):
        raise Usage(f"--json and --format {given} exclude each other")
    if given == "json":
        terminal.options.json = True  # errors too are JSON then
    return "json" if terminal.options.json else given or "text"


def _wanted(known: dict[str, Rule], only: list[str], ignore: list[str]) -> list[str]:
    """The rules to hold the files against. Raises Usage."""
    chosen = [name for part in only for name in _names(part, known)] or list(known)
    away = {name for part in ignore for name in _names(part, known)}
    left = [name for name in chosen if name not in away]
    if not left:
        raise Usage("no rule is left", hint="`fireline lint --rules` lists them.")
    return left


def _names(given: str, known: dict[str, Rule]) -> Iterator[str]:
    for name in (part.strip() for part in given.split(",")):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise Usage(
                f"no rule {name!r}", hint=f"Is `{near[0]}` meant?" if near else "`fireline lint --rules` lists them."
            )
        yield name


def _files(given: list[Path]) -> tuple[list[Path], list[Path]]:
    """The files that were named, and those found in the folders that were. Raises Usage, NotFound."""
    named: dict[Path, None] = {}
    loose: dict[Path, None] = {}
    for path in given or _of_the_settings():
        if path.is_dir():
            found = list(_below(path))
            if not found:
                raise NotFound(f"no Markdown file in {path}", hint="Its name ends in .md or .markdown.")
            loose.update(dict.fromkeys(found))
        elif not path.exists():
            raise NotFound(f"no file {path}")
        else:
            named[path] = None
    return list(named), [one for one in loose if one not in named]


def _of_the_settings() -> list[Path]:
    from fireline import settings as settings_file

    settings = settings_file.read(terminal.options.config)
    if not settings.runbook.files:
        raise Usage("no file is named, and the settings name no runbook", hint="Such as `fireline lint runbook.md`.")
    here = Path.cwd()
    whole = [settings.path(file) for file in settings.runbook.files]
    return [one.relative_to(here) if one.is_relative_to(here) else one for one in whole]


def _below(folder: Path) -> Iterator[Path]:
    """The Markdown files of a folder and those below it, but not of hidden folders and of packages of others."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith(".") and one not in _NOT_OURS)
        yield from (Path(place, name) for name in sorted(names) if name.lower().endswith(_ENDINGS))


def _world(files: list[Path], target: str | None, dsn: str | None, migrations: Path | None) -> Any:
    """What the files are held against, as a context. Raises Usage, NotFound."""
    from fireline.app.linting import Asked, known_world, procedures_asked_for

    given = [name for name, one in (("--target", target), ("--dsn", dsn), ("--migrations", migrations)) if one]
    if len(given) > 1:
        raise Usage(f"{' and '.join(given)} exclude each other")
    if migrations is not None and not migrations.is_dir():
        raise NotFound(f"no folder {migrations}")
    settings = _settings()
    return known_world(
        Asked(
            tuple(files),
            _target(target, dsn),
            dsn is not None,
            migrations,
            settings.store.binaries if settings else None,
            wanted=procedures_asked_for(settings) if settings else None,
        )
    )


def _settings() -> Settings | None:
    """Those of this folder; without them, or with a mistake in them, a file is linted all the same."""
    from fireline import settings as settings_file

    try:
        return settings_file.read(terminal.options.config)
    except SettingsError:
        return None


def _target(name: str | None, dsn: str | None) -> Target | None:
    from fireline.cli.patient import patient

    return patient(name, dsn) if name or dsn else None


def _check(named: list[Path], loose: list[Path], world: World, wanted: list[str], how: Format, *, strict: bool) -> bool:
    from fireline.runbook.lint.checking import check, rules

    report = check([*named, *loose], world, only=wanted, loose=loose)
    if loose and not report.files:
        raise NotFound(
            "no file there holds a procedure", hint="A procedure is a heading with a numbered list or a command."
        )
    here = Path.cwd()
    if how == "json":
        terminal.write_json(report.json())
    elif how == "sarif":
        from fireline.runbook.lint.formats import sarif

        terminal.write_json(sarif.document(report, rules(), here))
    elif how == "github":
        from fireline.cli.lint_view import summary
        from fireline.runbook.lint.formats import github

        terminal.say(*github.lines(report, here), *summary(report))
    else:
        from fireline.cli.lint_view import draw

        draw(report)
    return report.fails(strict=strict)


def _runbooks(files: list[Path]) -> Iterator[Path]:
    """Those that hold a procedure; the others are documents, of which no copy is wanted."""
    from fireline.errors import NoProcedure
    from fireline.runbook.parse import read

    for file in files:
        with suppress(NoProcedure):
            read(file)
            yield file


def _fix(files: list[Path], world: World, wanted: list[str], to: Path, *, strict: bool) -> bool:
    from fireline.cli.lint_view import draw_fixed
    from fireline.runbook.lint.fixing import fix

    fixed = fix(files, world, to, only=wanted)
    told = {
        "written": [str(one) for one in fixed.written],
        "found": fixed.found,
        "mended": fixed.mended,
        "diff": fixed.diff,
        "left": fixed.left.json(),
    }
    terminal.answer(told, lambda _: draw_fixed(fixed))
    return fixed.left.fails(strict=strict)


def _tell_rules(known: dict[str, Rule], explain: str | None) -> None:
    from fireline.cli.lint_view import draw_rule, draw_rules

    if explain is None:
        rows = [_described(one) for one in known.values()]
        terminal.answer(rows, draw_rules)
        return
    (name,) = _names(explain, known)
    one = known[name]
    terminal.answer({**_described(one), "why": one.why, "bad": one.bad, "good": one.good}, draw_rule)


def _described(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "area": rule.area,
        "severity": rule.severity,
        "at_times": list(rule.at_times),
        "summary": rule.summary,
        "needs": list(rule.needs),
    }
