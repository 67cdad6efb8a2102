"""Writes the reference pages from the program itself: docs/configuration.md, docs/cli.md, and the causes in docs/diagnosis.md. `--check` only compares."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fireline import shelf
from fireline.cli.main import COMMANDS, EPILOG, command
from fireline.redact import Secret
from fireline.settings import Model, Settings
from fireline.settings.shapes import Bytes

DOCS = Path(__file__).resolve().parent.parent / "docs"
SHELVES = {
    "channels": ("fireline.communicate.channels", "channel"),
    "sources": ("fireline.detect.sources", "source"),
    "surroundings": ("fireline.assess.surroundings", "surrounding"),
}
NAMED = {
    "targets": "main",
    "sources": "prometheus",
    "beats": "nightly-backup",
    "probes": "shop",
    "contacts": "ada",
    "channels": "email",
}
OPTIONS = {"sources": ".options"}  # where a thing's own settings do not stand beside those of all
WIDTH = 100
CAUSES = ("<!-- causes: begin, written by scripts/docs -->", "<!-- causes: end -->")

CONFIGURATION = """# Settings

Everything that can be set in `fireline.toml`. Fireline looks for it in the present folder and the folders above;
`--config FILE` or the variable `FIRELINE_CONFIG` names another. Relative paths start from the folder of the file.

- **Environment.** Every key is also a variable: `FIRELINE__SERVER__BIND` is `bind` in `[server]`, and
  `FIRELINE__TARGETS__MAIN__DSN` is `dsn` in `[targets.main]`. A variable goes over the file.
  `FIRELINE_DATABASE_URL` is short for `url` in `[store]`.
- **Secrets in files.** Any key may be given as `<key>_file`: `dsn_file = "/run/secrets/dsn"` reads the value from there.
- **Durations** are written `90s`, `5m`, `1h30m` or `2d`.
- **Sizes** are written `256MB` or `5GB`, in steps of 1024.
- **An unknown key is an error**, and so is a value that makes no sense: Fireline says which, and does not start.

This page is written by `scripts/docs`.
"""

CLI = """# Commands

{epilog}
This page is written by `scripts/docs`; `fireline COMMAND --help` says the same.
"""


def configuration() -> str:
    """The page of settings."""
    parts = [CONFIGURATION]
    for name, field in Settings.model_fields.items():
        if name == "origin":
            continue
        model = _model_of(field.annotation)
        title = f"{name}.{NAMED[name]}" if name in NAMED else name
        note = f"\n`{NAMED[name]}` is a name of your choice; there may be many.\n" if name in NAMED and model else ""
        if model:
            heading = f"[[{title}]]" if get_origin(field.annotation) is list else f"[{title}]"
            parts.append(f"\n## `{heading}`\n\n{_sentence(model)}\n{note}\n{_table(model)}")
            for key, inner in _tables_in(model):
                parts.append(f"\n## `[{title}.{key}]`\n\n{_sentence(inner)}\n\n{_table(inner)}")
        for file, found in _shelf_models(name):
            of_choice = file.partition(".")[2]
            note = f"\n`{of_choice}` is a name of your choice; there may be many.\n" if of_choice else ""
            place = f"{name}.{file}{OPTIONS.get(name, '')}"
            parts.append(f"\n## `[{place}]`\n\n{_sentence(found)}\n{note}\n{_table(found)}")
            for key, inner in _tables_in(found):
                parts.append(f"\n## `[{place}.{key}]`\n\n{_sentence(inner)}\n\n{_table(inner)}")
    return "".join(parts)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model of a table, or of the tables in a table."""
    inner = get_args(annotation)[-1] if get_args(annotation) else annotation
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _tables_in(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The tables that may stand in a table."""
    for key, field in model.model_fields.items():
        for part in get_args(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield key, part


def _shelf_models(table: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """The settings that things on a shelf bring with them, each a small model in the thing's own file."""
    package, thing = SHELVES.get(table, ("", ""))
    for file, one in shelf.read(package, thing).items() if package else ():
        module = sys.modules[f"{package}.{file.replace('-', '_')}"]
        example = getattr(one, "example", "")  # a name, where there may be many tables
        for found in vars(module).values():
            if isinstance(found, type) and issubclass(found, Model) and found.__module__ == module.__name__:
                yield f"{file}.{example}" if example else file, found


def _sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _table(model: type[BaseModel]) -> str:
    rows = "".join(_row(name, field) for name, field in model.model_fields.items())
    return f"| key | value | default | meaning |\n| --- | --- | --- | --- |\n{rows}"


def _row(name: str, field: FieldInfo) -> str:
    default = "required" if field.is_required() else _toml(field.get_default(call_default_factory=True))
    meaning = (field.description or "").replace("|", "\\|")
    return f"| `{name}` | {_kind(field.annotation)} | {default} | {meaning} |\n"


def _kind(annotation: Any) -> str:
    """What may stand there, in a word."""
    plain = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) is not None and str(get_origin(annotation)).endswith("Literal"):
        return " or ".join(f'`"{part}"`' for part in plain)
    if get_origin(annotation) is list:
        return f"list of {_kind(plain[0])}s"
    if get_origin(annotation) is dict:
        return "table"
    if plain:  # X | None
        return _kind(plain[0])
    words = {str: "text", bool: "true or false", int: "number", float: "number", Path: "path", time: "time of day"}
    return {**words, timedelta: "duration", Bytes: "size", Secret: "secret text"}.get(annotation, "table")


def _toml(value: Any) -> str:
    """A default as it would stand in the file."""
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, timedelta):
        return f'`"{_duration(value)}"`'
    if isinstance(value, Bytes):
        return f'`"{_size(value)}"`'
    if isinstance(value, time):
        return f"`{value:%H:%M:%S}`"
    return f'`"{value}"`' if isinstance(value, str | Path) else f"`{value}`"


def _duration(value: timedelta) -> str:
    seconds = value.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _size(value: int) -> str:
    for unit, bytes_ in (("GB", 1024**3), ("MB", 1024**2), ("kB", 1024)):
        if value and value % bytes_ == 0:
            return f"{value // bytes_}{unit}"
    return str(value)


def cli() -> str:
    """The page of commands: the help of each, in the sections of `fireline --help`."""
    parts = [CLI.format(epilog=EPILOG)]
    root: Any = command()
    context = _context(root, "fireline", None)
    for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
        parts.append(f"\n## {section}\n")
        for name, entry in COMMANDS.items():
            if entry.section == section:
                parts += [_help(*found) for found in _commands(root.commands[name], f"fireline {name}", context)]
    return "".join(parts)


def _context(one: Any, path: str, parent: Any) -> Any:
    return one.context_class(
        one, info_name=path.rsplit(maxsplit=1)[-1], parent=parent, max_content_width=WIDTH, terminal_width=WIDTH
    )


def _commands(one: Any, path: str, parent: Any) -> Iterator[tuple[Any, str, Any]]:
    context = _context(one, path, parent)
    yield one, path, context
    for name in one.list_commands(context) if hasattr(one, "list_commands") else ():
        yield from _commands(one.get_command(context, name), f"{path} {name}", context)


def _help(one: Any, path: str, context: Any) -> str:
    lines = [line.rstrip() for line in one.get_help(context).splitlines()]
    mark = "###" if len(path.split()) == 2 else "####"  # noqa: PLR2004 - fireline and one word
    return f"\n{mark} `{path}`\n\n```text\n" + "\n".join(lines).strip() + "\n```\n"


def diagnosis() -> str:
    """The page of the diagnosis with its list of causes; the rest of it is left as it is."""
    text = (DOCS / "diagnosis.md").read_text(encoding="utf-8")
    before, rest = text.split(CAUSES[0])
    lines = ["", "| cause | family | what it is |", "| --- | --- | --- |"]
    for file, cause in sorted(shelf.read("fireline.assess.causes", "cause").items()):
        module = sys.modules[f"fireline.assess.causes.{file.replace('-', '_')}"]
        lines.append(f"| `{cause.label}` | {cause.family} | {(module.__doc__ or '').strip().splitlines()[0]} |")
    return f"{before}{CAUSES[0]}\n" + "\n".join(lines) + f"\n\n{CAUSES[1]}{rest.split(CAUSES[1])[1]}"


def main() -> int:
    """Write the pages, or with --check print how they differ; 1 when they do."""
    stale = False
    for name, page in (("configuration.md", configuration()), ("cli.md", cli()), ("diagnosis.md", diagnosis())):
        file = DOCS / name
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if before == page:
            continue
        stale = True
        if "--check" in sys.argv:
            sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), page.splitlines(True), name, "now"))
        else:
            file.write_text(page, encoding="utf-8")
            print(f"wrote {file}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
