"""What one rule says of a text, by itself; and its edits carried out, from the last line up."""

from __future__ import annotations

import re
from pathlib import Path

from fireline.runbook.lint.rule import Fault, Rule, Unknown
from fireline.runbook.lint.subject import Subject
from fireline.runbook.lint.world import World
from fireline.runbook.parse import parse_text, read

REFERENCE = Path(__file__).parents[2] / "data" / "incident-response.md"


def subject_of(text: str, world: World | None = None, path: str = "runbook.md") -> Subject:
    """A text under lint, as if it stood in `path`."""
    return Subject(Path(path), text, parse_text(text, path), world or World())


def look(rule: Rule, text: str, world: World | None = None, path: str = "runbook.md") -> list[Fault | Unknown]:
    """Everything that it says of a text as if it stood in `path`."""
    return list(rule.look(subject_of(text, world, path)))


def faults(rule: Rule, text: str, world: World | None = None) -> list[Fault]:
    """Only what it finds."""
    return [one for one in look(rule, text, world) if isinstance(one, Fault)]


def lines(rule: Rule, text: str) -> list[tuple[int, str]]:
    """Line and severity of each fault."""
    return sorted((one.line, one.severity or rule.severity) for one in faults(rule, text))


def of_file(rule: Rule, file: Path, world: World | None = None) -> list[Fault | Unknown]:
    """Everything that it says of a file that is there."""
    text = re.sub(r"\r\n?", "\n", file.read_text(encoding="utf-8-sig"))
    return list(rule.look(Subject(file, text, read(file), world or World())))


def of_reference(rule: Rule) -> list[tuple[int, str]]:
    """Line and severity of each fault of the reference runbook."""
    found = [one for one in of_file(rule, REFERENCE) if isinstance(one, Fault)]
    return sorted((one.line, one.severity or rule.severity) for one in found)


def sql(text: str, language: str = "sql") -> str:
    """A runbook with one step, whose fence begins in line 5."""
    return f"# Orders\n\n1. **Change:**\n   ```{language}\n   {text}\n   ```\n"


def mended(text: str, fault: Fault) -> str:
    """The text with the edits of a fault."""
    kept = text.split("\n")
    for edit in sorted(fault.edits, key=lambda one: -one.first):
        kept[edit.first - 1 : edit.last] = edit.text.split("\n") if edit.text else []
    return "\n".join(kept)
