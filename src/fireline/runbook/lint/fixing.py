"""Write a corrected copy of runbooks elsewhere, and the difference; an author's own file is never written to."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fireline.errors import Usage
from fireline.runbook.lint.checking import Finding, Report, judge
from fireline.runbook.lint.rule import Edit
from fireline.runbook.lint.world import World
from fireline.runbook.parse import text_of

_MOST_PASSES = 20  # a mended line may bring another fault to light


@dataclass(frozen=True)
class Fixed:
    """What came of it. diff: unified, of all files; left: what a machine could not mend; mended: of those found."""

    written: tuple[Path, ...]
    diff: str
    left: Report
    found: int
    mended: int


def fix(files: Sequence[Path], world: World, to: Path, *, only: Sequence[str] | None = None) -> Fixed:
    """Mend what the rules can mend, in copies under `to`, which stand there as the files stand here.

    Raises Usage where a copy would meet a file that is there, and for a folder that can not be written, RunbookError
    for a file that can not be read.
    """
    before = {file: text_of(file) for file in files}
    found = len(judge(before, world, only=only).findings)
    after, _ = mend(before, world, only=only)
    places = _places(files, to)
    for place in places.values():
        if os.path.lexists(place):
            raise Usage(f"{place} is there already, and nothing is overwritten",
                        hint=f"Take it away, or name another folder than {to}.")  # fmt: skip
    for file, place in places.items():
        _write(file, place, after[file])
    diff = "".join(_diff(file, before[file], after[file]) for file in files)
    left = judge(after, world, only=only)
    return Fixed(tuple(places.values()), diff, left, found, max(0, found - len(left.findings)))


def mend(texts: Mapping[Path, str], world: World, *, only: Sequence[str] | None = None) -> tuple[dict[Path, str], int]:
    """The texts with every edit the rules offer, again and again until none is left; how many faults that were."""
    now, mended = dict(texts), 0
    seen = {tuple(now.values())}
    for _ in range(_MOST_PASSES):
        report = judge(now, world, only=only)
        changed = 0
        for file, text in now.items():
            edits, count = _together([one for one in report.findings if one.file == str(file)])
            now[file] = apply(text, edits)
            changed += count
        if not changed or tuple(now.values()) in seen:
            break
        seen.add(tuple(now.values()))
        mended += changed
    return now, mended


def _together(findings: Sequence[Finding]) -> tuple[list[Edit], int]:
    """Edits that touch no line twice, those of a finding all or none; and of how many findings. The others come next time."""
    taken: set[int] = set()
    edits: list[Edit] = []
    count = 0
    for finding in findings:
        touched = {line for one in finding.edits for line in range(min(one.first, one.last), one.last + 1)}
        touched |= {one.first for one in finding.edits}
        if finding.edits and not touched & taken:
            taken |= touched
            edits += finding.edits
            count += 1
    return edits, count


def apply(text: str, edits: Sequence[Edit]) -> str:
    """The text with edits that touch no line twice."""
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda one: (one.first, one.last), reverse=True):
        lines[edit.first - 1 : edit.last] = edit.text.split("\n") if edit.text else []
    return "\n".join(lines)


def _places(files: Sequence[Path], to: Path) -> dict[Path, Path]:
    """Where each copy goes: below `to` as the files stand below this folder, or else below the folder they share."""
    whole = [file.resolve() for file in files]
    shared = Path.cwd().resolve()
    if not all(file.is_relative_to(shared) for file in whole):
        shared = Path(os.path.commonpath([file.parent for file in whole]))
    return {file: to / one.relative_to(shared) for file, one in zip(files, whole, strict=True)}


def _write(file: Path, place: Path, text: str) -> None:
    """With the line ends and the mark at the beginning that the author's file has."""
    raw = file.read_bytes()
    ends = "\r\n" if raw.count(b"\r\n") * 2 > raw.count(b"\n") else "\n"
    mark = "\ufeff" if raw.startswith("\ufeff".encode()) else ""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("x", encoding="utf-8", newline=ends) as out:
            out.write(mark + text)
    except OSError as fault:
        raise Usage(f"{place} can not be written: {(fault.strerror or str(fault)).lower()}") from None


def _diff(file: Path, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{file}", f"b/{file}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
