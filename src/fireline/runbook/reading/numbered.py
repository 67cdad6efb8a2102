"""Paragraphs that are steps because they begin with a number: `3.1 Stop the workers`, `Step 2: …`, `1) …<br>2) …`, `**Step 1.** …`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fireline.runbook.page.block import Block
from fireline.runbook.page.prose import Prose, Run
from fireline.runbook.reading import fence
from fireline.runbook.reading.headings import STEP_WORD

_SPOKEN = re.compile(rf"\s*{STEP_WORD}(\d{{1,2}})(?!\d|\.\d)\s*[.:)–—-]*\s*", re.IGNORECASE)
_PLAIN = re.compile(r"\s*()(\d{1,2})(?:[.):]\s+|\ufe0f?\u20e3\s*)")
_DOTTED = re.compile(r"\s*((?:\d{1,2}\.)+)(\d{1,2})(?:[.):]\s+|\s+)(?=[^\W\d]|[\"'„“«(])")
_CIRCLED = re.compile(r"\s*()([\u2460-\u2473])\s*")
_LONGEST_ROW = 4_000


@dataclass(frozen=True)
class Part:
    """A paragraph, or a piece of one. number is None for what stands before the first step of it."""

    prose: Prose
    line: int
    number: int | None = None
    prefix: str = ""  # 7.2. of 7.2.1
    spoken: bool = False  # Step 2, and not only 2


def find(blocks: list[Block], *, steps: bool) -> dict[int, list[Part]]:
    """The paragraphs that are steps, by their place among the blocks. steps: whether the heading says that steps follow."""
    split = {at: _split(one) for at, one in enumerate(blocks) if one.kind == "paragraph" and one.prose}
    fenced = any(one.kind == "fence" and fence.read(one).runs for one in blocks)
    kept: set[int] = set()
    for run in _sequences([(at, part) for at, parts in split.items() for part in parts if part.number is not None]):
        code = fenced or any(part.prose and any(one.code for one in part.prose.runs) for _, part in run)
        spoken = run[0][1].spoken
        if spoken or (len(run) > 1 and (steps or code or not run[0][1].prefix)):
            kept |= {id(part) for _, part in run}
    return {
        at: parts for at, parts in split.items() if any(one.number is not None and id(one) in kept for one in parts)
    }


def _sequences(found: list[tuple[int, Part]]) -> list[list[tuple[int, Part]]]:
    """The steps as they follow each other: 1, 2, 3; a spoken one counts wherever it stands."""
    made: list[list[tuple[int, Part]]] = []
    for one in found:
        part = one[1]
        last = made[-1][-1][1] if made else None
        follows = (
            last is not None
            and last.number is not None
            and part.number == last.number + 1
            and (part.prefix, part.spoken) == (last.prefix, last.spoken)
        )
        if follows:
            made[-1].append(one)
        elif part.number == 1 or part.spoken:
            made.append([one])
    return made


def _split(block: Block) -> list[Part]:
    """A paragraph cut before each of its lines that begins with the next number."""
    assert block.prose is not None
    if len(block.prose.raw) > _LONGEST_ROW:
        return [Part(block.prose, block.line)]
    rows = _rows(block.prose)
    parts: list[list[tuple[int, list[Run]]]] = []
    marks: list[tuple[int | None, str, bool]] = []
    for offset, runs in rows:
        number, prefix, spoken, rest = _marker(runs)
        last = next((one for one in reversed(marks) if one[0] is not None), None)
        goes_on = last is not None and number == (last[0] or 0) + 1 and (prefix, spoken) == last[1:]
        if not parts or (number is not None and (goes_on or (last is None and number == 1))):
            parts.append([(offset, rest if number is not None else runs)])
            marks.append((number, prefix, spoken))
        else:
            parts[-1].append((offset, runs))
    raw = block.prose.raw.split("\n")
    found: list[Part] = []
    for at, part in enumerate(parts):
        first = part[0][0]
        end = max(parts[at + 1][0][0], first + 1) if at + 1 < len(parts) else len(raw)
        shown = tuple(replace(one, line=one.line - first) for _, row in part for one in row)
        number, prefix, spoken = marks[at]
        shared = (at > 0 and parts[at - 1][-1][0] == first) or (
            at + 1 < len(parts) and parts[at + 1][0][0] == part[-1][0]
        )
        text = _markdown(shown) if shared else "\n".join(raw[first:end])
        found.append(Part(Prose(text, shown), block.line + first, number, prefix, spoken))
    return found


def _markdown(runs: tuple[Run, ...]) -> str:
    """Some runs as they may have been written."""
    marks = {(True, False): "**", (False, True): "`", (True, True): "`"}
    return "".join(f"{(mark := marks.get((one.strong, one.code), ''))}{one.text}{mark}" for one in runs).strip()


def _rows(prose: Prose) -> list[tuple[int, list[Run]]]:
    """The runs of a paragraph line by line, as they are shown; with the line in the file, from 0."""
    rows: list[tuple[int, list[Run]]] = []
    broken = True
    for run in prose.runs:
        for at, text in enumerate(run.text.split("\n")):
            if at:
                broken = True
            if not text.strip() and broken:
                continue
            if broken or not rows or rows[-1][1][-1].line != run.line:
                rows.append((run.line, []))
                broken = False
            rows[-1][1].append(replace(run, text=text))
    return rows


def _marker(runs: list[Run]) -> tuple[int | None, str, bool, list[Run]]:
    """The number that a line begins with, what stands before its last part, whether it is spoken, and the line without it."""
    words = "".join(one.text for one in runs)
    if runs and runs[0].code:
        return None, "", False, runs
    for pattern in (_SPOKEN, _DOTTED, _PLAIN, _CIRCLED):
        found = pattern.match(words)
        if found:
            spoken = pattern is _SPOKEN
            shown = found[1] if spoken else found[2]
            number = ord(shown) - 0x245F if pattern is _CIRCLED else int(shown)
            return number, "" if spoken else found[1], spoken, _without(runs, found.end())
    return None, "", False, runs


def _without(runs: list[Run], count: int) -> list[Run]:
    """The runs without their first characters."""
    rest: list[Run] = []
    for run in runs:
        cut = min(count, len(run.text))
        count -= cut
        if run.text[cut:].strip() or rest:
            rest.append(replace(run, text=run.text[cut:]) if rest else replace(run, text=run.text[cut:].lstrip()))
    return rest
