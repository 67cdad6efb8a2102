"""A `fireline …` line of a runbook, a shell or a verdict, read as the remedy it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from fireline.errors import Usage
from fireline.run.remedy import Parameters, Remedy


@dataclass(frozen=True)
class Line:
    """One remedy with what it is told."""

    remedy: Remedy
    parameters: Parameters
    target: str | None


def read(argv: Sequence[str], remedies: dict[str, Remedy]) -> Line | None:
    """The remedy that `fireline PHASE NAME [ARGUMENT] [--option value] [--target T]` names; None when it is none.

    A remedy with a short form is also named by `fireline NAME`. Raises Usage when the remedy is known but what it is told is wrong.
    """
    remedy, rest = _named(list(argv), remedies)
    if remedy is None:
        return None
    given = _options(rest, remedy)
    target = given.pop("target", None)
    return Line(remedy, build(remedy, given), target)


def _named(argv: list[str], remedies: dict[str, Remedy]) -> tuple[Remedy | None, list[str]]:
    """The remedy and the words behind its name."""
    if len(argv) < 2 or argv[0] != "fireline":  # noqa: PLR2004 - fireline, name
        return None, []
    short = next((remedy for remedy in remedies.values() if remedy.short and remedy.name == argv[1]), None)
    return (short, argv[2:]) if short else (remedies.get(" ".join(argv[1:3])), argv[3:])


def are_remedies(lines: Sequence[Sequence[str]] | None, remedies: dict[str, Remedy]) -> bool:
    """Whether every line of a fence names a remedy, so that it is carried out in-process; otherwise it is a command."""
    return bool(lines) and all(read(words, remedies) is not None for words in lines or ())


def build(remedy: Remedy, arguments: dict[str, Any]) -> Parameters:
    """The remedy's parameters, checked; Usage in one line otherwise. A list may be told as one text with commas."""
    lists = {name for name, field in remedy.parameters.model_fields.items() if takes_many(field.annotation)}
    told = {
        name: [part.strip() for part in value.split(",") if part.strip()]
        if name in lists and isinstance(value, str)
        else value
        for name, value in arguments.items()
    }
    try:
        return remedy.parameters.model_validate(told)
    except ValidationError as wrong:
        fault = wrong.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise Usage(f"{remedy.phase} {remedy.name}: {place}: {fault['msg'].lower()}", hint=usage(remedy)) from None


def takes_many(annotation: Any) -> bool:
    """Whether a parameter of this type is a list."""
    return get_origin(annotation) is list or any(takes_many(part) for part in get_args(annotation))


def words(remedy: Remedy, arguments: dict[str, Any], target: str) -> list[str]:
    """The line that a person would type for this; `read` understands it."""
    made = ["fireline", remedy.phase, remedy.name]
    if remedy.argument and remedy.argument in arguments:
        made.append(str(arguments[remedy.argument]))
    made += ["--target", target]
    for name, value in arguments.items():
        if name != remedy.argument:
            many = value if isinstance(value, list) else [value]
            made += [f"{option(name)}={one}" for one in many]
    return made


def option(field: str) -> str:
    """How a parameter is written on a line: `as_` is `--as`, `max_lag` is `--max-lag`."""
    return f"--{field.rstrip('_').replace('_', '-')}"


def usage(remedy: Remedy) -> str:
    """How the remedy is called, as a sentence."""
    argument = f" {remedy.argument.upper()}" if remedy.argument else ""
    options = "".join(f" [{option(name)} …]" for name in remedy.parameters.model_fields if name != remedy.argument)
    return f"Use: fireline {remedy.phase} {remedy.name}{argument} --target TARGET{options}."


def _options(words: Sequence[str], remedy: Remedy) -> dict[str, Any]:
    """The words after the remedy's name as field -> text; a bare word fills the remedy's argument."""
    fields = remedy.parameters.model_fields
    given: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            if remedy.argument is None or remedy.argument in given:
                raise Usage(f"{remedy.phase} {remedy.name}: {word!r} is one word too many", hint=usage(remedy))
            given[remedy.argument] = word
            continue
        name, equals, value = word[2:].partition("=")
        field = next((one for one in fields if option(one) == f"--{name}"), name)
        if field not in fields and (bare := name.removeprefix("no-").replace("-", "_")) in fields and not equals:
            given[bare] = "false"  # --no-owners
            continue
        if field != "target" and field not in fields:
            raise Usage(f"{remedy.phase} {remedy.name} has no option --{name}", hint=usage(remedy))
        if field != "target" and fields[field].annotation is bool and not equals:
            given[field] = True
            continue
        if not equals:
            if not rest:
                raise Usage(f"--{name} needs a value", hint=usage(remedy))
            value = rest.pop(0)
        if field != "target" and takes_many(fields[field].annotation):
            given.setdefault(field, []).extend(part.strip() for part in value.split(",") if part.strip())
        else:
            given[field] = value
    return given
