"""What drills showed, as the table in docs/diagnosis.md; written by them alone, between its two marks."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.drills.drill import Result
from tests.drills.twins import GROUPS

PAGE = Path(__file__).parents[2] / "docs" / "diagnosis.md"
BEGIN, END = "<!-- drills: begin, written by scripts/drills -->", "<!-- drills: end -->"
FAULTS = ("plain", "silent", "limited")
Done = Sequence[tuple[str, Result, bool]]


def write(done: Done, seed: int, page: Path = PAGE) -> None:
    """Put the table into the page."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{table(done, seed)}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def table(done: Done, seed: int) -> str:
    """The whole table: sums, twin groups, labels."""
    one = [(kind, result, fine) for kind, result, fine in done if kind in FAULTS]
    times = sorted(result.ms for kind, result, _ in done if result.ms)
    versions = sorted({result.major for _, result, _ in done})
    lines = [
        "",
        f"On PostgreSQL {listed(versions)}; the first seed was {seed}.",
        "",
        "| what | drills | named first | remedied, probe green |",
        "| --- | ---: | ---: | ---: |",
        *(
            _row(words, [(r, f) for k, r, f in one if k == kind])
            for kind, words in zip(
                FAULTS, ("with a complaint", "without a complaint", "with a complaint, as a member of pg_monitor"), strict=True
            )
        ),
        _row("**all**", [(r, f) for _, r, f in one]),
        "",
        *_others(done),
        "",
        f"One diagnosis took {statistics.median(times):.0f} ms (p50), {_percentile(times, 0.95):.0f} ms (p95), {times[-1]} ms at most."
        if times
        else "",
        "",
        "| twins: the same complaint | drills | named first |",
        "| --- | ---: | ---: |",
        *(_group(words, [(r, f) for _, r, f in one if r.label in labels]) for words, labels in GROUPS.items()),
        "",
        "| cause | drills | named first | p95 |",
        "| --- | ---: | ---: | ---: |",
        *_labels([r for _, r, _ in one]),
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def listed(numbers: Sequence[int]) -> str:
    """15, 17 and 18."""
    most = ", ".join(map(str, numbers[:-1]))
    return " and ".join(one for one in (most, *map(str, numbers[-1:])) if one)


def _row(words: str, done: Sequence[tuple[Result, bool]]) -> str:
    first, healed = sum(result.rank == 1 for result, _ in done), sum(result.healed for result, _ in done)
    return f"| {words} | {len(done)} | {_share(first, len(done))} | {_share(healed, len(done))} |"


def _group(words: str, done: Sequence[tuple[Result, bool]]) -> str:
    return f"| {words} | {len(done)} | {_share(sum(r.rank == 1 for r, _ in done), len(done))} |"


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.0%})" if whole else "-"


def _others(done: Done) -> list[str]:
    well = [(result, fine) for kind, result, fine in done if kind in ("healthy", "vague")]
    two = [fine for kind, _, fine in done if kind == "pair"]
    lines = []
    if well:
        lines.append(f"Healthy servers: {len(well)}, with a false root on {sum(not fine for _, fine in well)}.")
    if two:
        lines.append(f"Pairs of faults at once: {len(two)}; in {sum(two)} both were named, and nothing before them.")
    if acute := [fine for kind, _, fine in done if kind == "acute"]:
        lines.append(
            f"Acute faults on a server with a chronic one, when people say no more than that it is slow: {len(acute)};"
            f" in {sum(acute)} the acute one was first."
        )
    return lines


def _labels(results: Sequence[Result]) -> list[str]:
    by = defaultdict(list)
    for result in results:
        by[result.label].append(result)
    return [
        f"| `{label}` | {len(found)} | {_share(sum(r.rank == 1 for r in found), len(found))} | {_percentile(sorted(r.ms for r in found), 0.95):.0f} ms |"
        for label, found in sorted(by.items())
    ]


def _percentile(values: Sequence[int], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0
