"""Measures `fireline lint` against the labelled runbooks in tests/runbook/corpus: per rule what it found, missed and cried falsely.

`--show` lists each miss and each false alarm, `--write` puts the table into docs/lint.md, `--only NAME` looks at some runbooks.
`--first` writes what was measured at first sight of runbooks that no rule was tuned on; it is written once and never renewed.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from fireline import clock
from fireline.cluster import Cluster
from fireline.cluster.binaries import wheel
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.runbook.lint import checking
from fireline.runbook.lint.database import patient
from fireline.runbook.lint.programs.tools import shipped
from fireline.runbook.lint.world import Patient, Tools, World
from fireline.runbook.page import frontmatter
from fireline.runbook.page.outline import Block, outline

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "runbook" / "corpus"
PAGE = ROOT / "docs" / "lint.md"
MARKS = ("<!-- measured by scripts/lint_score.py -->", "<!-- end of what was measured -->")
FIRST = ("<!-- first sight, written once by scripts/lint_score.py -->", "<!-- end of first sight -->")
DAY = datetime(2026, 11, 23, 12, tzinfo=UTC)  # of the corpus: what was reviewed in October is fresh
SERVER = {"shared_buffers": "32MB", "shared_preload_libraries": "pg_stat_statements"}
TARGET = "shop"
PASSWORD = "of a cluster that lives for seconds"  # noqa: S105
ENOUGH = 10  # cases from which on a rule's own figures mean something


@dataclass(frozen=True)
class Label:
    """What is so at one line of a runbook; `rule` is None for what is right."""

    rule: str | None
    line: int
    at: str


@dataclass(frozen=True)
class Case:
    """One runbook of the corpus. places: for a line, the lines at which its fault may be told as well."""

    name: str
    file: Path
    target: str | None
    labels: tuple[Label, ...]
    places: dict[int, frozenset[int]]

    @property
    def faults(self) -> list[Label]:
        """The labels of faults."""
        return [one for one in self.labels if one.rule is not None]


@dataclass
class Score:
    """What came of one rule, or of all."""

    labelled: int = 0
    found: int = 0
    right: int = 0  # errors and warnings that a label confirms
    false: int = 0  # errors and warnings that none does

    @property
    def precision(self) -> float:
        """Of the errors and warnings, the part that is right."""
        return self.right / (self.right + self.false) if self.right + self.false else 1.0

    @property
    def recall(self) -> float:
        """Of the labelled faults, the part that was found."""
        return self.found / self.labelled if self.labelled else 1.0


@dataclass
class Outcome:
    """The scores by rule, and one line for each miss and each false alarm."""

    rules: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)

    @property
    def all(self) -> Score:
        """Everything together."""
        every = self.rules.values()
        return Score(*(sum(getattr(one, key) for one in every) for key in ("labelled", "found", "right", "false")))


def cases(folder: Path = CORPUS, only: str | None = None) -> list[Case]:
    """Every runbook of the corpus with its labels."""
    return [
        case(one.parent)
        for one in sorted(folder.glob("*/labels.toml"))
        if only is None or one.parent.name.startswith(only)
    ]


def case(folder: Path) -> Case:
    """One folder; ValueError when a label's text does not stand where it says."""
    file, told = folder / "runbook.md", tomllib.loads((folder / "labels.toml").read_text(encoding="utf-8"))
    if extra := told.keys() - {"target", "fault", "good"}:
        raise ValueError(f"{folder.name}: labels.toml has {', '.join(sorted(extra))}")
    text = re.sub(r"\r\n?", "\n", file.read_bytes().decode("utf-8-sig"))
    labels = [_label(folder.name, text, one["rule"], one) for one in told.get("fault", ())]
    labels += [_label(folder.name, text, None, one) for one in told.get("good", ())]
    return Case(folder.name, file, told.get("target"), tuple(labels), _places(text))


def _label(name: str, text: str, rule: str | None, told: dict[str, object]) -> Label:
    at, nth = str(told["at"]), told.get("nth")
    starts = [one.start() for one in re.finditer(re.escape(at), text)]
    if not isinstance(nth, int):
        if len(starts) != 1:
            raise ValueError(f"{name}: “{at}” stands {len(starts)} times in runbook.md")
        nth = 1
    if len(starts) < nth:
        raise ValueError(f"{name}: “{at}” stands only {len(starts)} times in runbook.md")
    return Label(rule, text.count("\n", 0, starts[nth - 1]) + 1, at)


def _places(text: str) -> dict[int, frozenset[int]]:
    """For each line its paragraph; for a line of a fence all of the fence, and the items that it stands in."""
    found: dict[int, frozenset[int]] = {}
    for section in outline(frontmatter.split(text)[1]).root.walk():
        for block, items in _blocks(section.blocks, ()):
            length = len((block.prose.raw if block.prose else block.content.removesuffix("\n")).split("\n"))
            last = block.first + length if block.kind == "fence" else block.line + length - 1
            if block.kind in ("fence", "paragraph"):
                lines = range(block.line, last + 1)
                found |= dict.fromkeys(lines, frozenset((*lines, *items)))
    return found


def _blocks(blocks: Iterable[Block], items: tuple[int, ...]) -> Iterator[tuple[Block, tuple[int, ...]]]:
    for block in blocks:
        yield block, items
        for item in block.items:
            yield from _blocks(item.blocks, (*items, item.line))


def score(corpus: Iterable[Case], world: World, targets: dict[str, Patient]) -> Outcome:
    """Lint every runbook by itself, and compare with its labels."""
    outcome = Outcome()
    with clock.moved(DAY - clock.now()):
        for one in corpus:
            report = checking.check([one.file], replace(world, target=targets.get(one.target or "")))
            _compare(one, report.findings, outcome)
    return outcome


def _compare(one: Case, findings: Iterable[checking.Finding], outcome: Outcome) -> None:
    said: dict[str, list[checking.Finding]] = defaultdict(list)
    for finding in findings:
        said[finding.rule].append(finding)
    for rule in said.keys() | {label.rule for label in one.faults if label.rule}:
        labels = [label for label in one.faults if label.rule == rule]
        held, left = _pairs(labels, said[rule], one.places)
        of_rule = outcome.rules[rule]
        of_rule.labelled += len(labels)
        of_rule.found += len(held)
        of_rule.right += sum(finding.severity != "info" for finding in held.values())
        outcome.missed += [f"{one.file}:{n.line}: {rule} not found: {n.at}" for n in labels if n not in held]
        again = {line for label in labels for line in one.places.get(label.line, {label.line})}
        false = [n for n in left if n.severity != "info" and n.line not in again]
        of_rule.false += len(false)
        good = {label.line for label in one.labels if label.rule is None}
        outcome.false += [
            f"{one.file}:{n.line}: {rule} ({n.severity}) false{' on a line labelled good' * (n.line in good)}: {n.message}"
            for n in false
        ]


def _pairs(
    labels: list[Label], findings: list[checking.Finding], places: dict[int, frozenset[int]]
) -> tuple[dict[Label, checking.Finding], list[checking.Finding]]:
    """Each label with one finding, on the very line before one in its place; and the findings that are left."""
    held: dict[Label, checking.Finding] = {}
    left = list(findings)
    for exact in (True, False):
        for label in labels:
            near = {label.line} if exact else places.get(label.line, frozenset())
            match = next((one for one in left if one.line in near), None) if label not in held else None
            if match is not None:
                held[label] = match
                left.remove(match)
    return held, left


@contextmanager
def shop(url: str) -> Iterator[Patient]:
    """The target shop, made in this empty database as its superuser; reads are judged as the role shop_oncall."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute((CORPUS / "shop.sql").read_text(encoding="utf-8"))
        conn.execute(sql.SQL("ALTER ROLE shop_oncall PASSWORD {}").format(PASSWORD))
        reading = make_conninfo(url, user="shop_oncall", password=PASSWORD)
        try:
            with patient.open_(Target(TARGET, Secret(url), read_dsn=Secret(reading))) as opened:
                yield opened
        finally:
            conn.execute("DROP OWNED BY shop_owner, shop_app, shop_oncall CASCADE")
            conn.execute("DROP ROLE shop_owner, shop_app, shop_oncall")


def tools() -> Tools:
    """The shipped tables of commands, with what programs.txt lists on PATH."""
    return shipped(one for one in (CORPUS / "programs.txt").read_text().split("\n") if one and not one.startswith("#"))


def table(outcome: Outcome, corpus: list[Case]) -> str:
    """The figures as Markdown."""
    rows = [("all rules", outcome.all), *sorted(outcome.rules.items())]
    clean = sum(not one.faults for one in corpus)
    lines = [
        f"{len(corpus)} runbooks with {outcome.all.labelled} labelled faults; {clean} of them have none.",
        f"Precision counts errors and warnings. A rule with fewer than {ENOUGH} cases says little by itself.",
        "",
        "| rule | labelled | found | missed | false alarms | precision | recall |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, one in rows:
        shown = name if one is rows[0][1] else f"`{name}`"
        lines.append(
            f"| {shown} | {one.labelled} | {one.found} | {one.labelled - one.found} | {one.false} "
            f"| {one.precision:.2f} | {one.recall:.2f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--show", action="store_true", help="list each miss and each false alarm")
    parser.add_argument("--write", action="store_true", help="put the table into docs/lint.md")
    parser.add_argument("--only", metavar="NAME", help="the runbooks of the corpus whose names begin so")
    parser.add_argument("--first", action="store_true", help="write the figures as those of first sight; only once")
    asked = parser.parse_args()
    corpus = cases(only=asked.only)
    with tempfile.TemporaryDirectory(prefix="flscore-") as folder:
        server = Cluster(Path(folder) / "pg", wheel(), settings=SERVER, fsync=False)  # 18, whatever is installed
        try:
            with server, shop(server.create_database(TARGET)) as target:
                outcome = score(corpus, World(tools=tools()), {TARGET: target})
        finally:
            server.remove()
    print(table(outcome, corpus))
    unwritten = Counter(label.rule for one in corpus for label in one.faults if label.rule not in checking.rules())
    for rule, count in sorted(unwritten.items(), key=str):
        print(f"there is no rule {rule} ({count} labels)")
    if asked.show:
        print("", *outcome.missed, "", *outcome.false, sep="\n")
    if asked.write:
        _write(table(outcome, corpus), MARKS)
    if asked.first:
        _write(first_sight(outcome, corpus), FIRST, once=True)
    return 0


def first_sight(outcome: Outcome, corpus: list[Case]) -> str:
    """What was measured before any rule had seen these runbooks, in one sentence."""
    every, clean = outcome.all, sum(not one.faults for one in corpus)
    return (
        f"{len(corpus)} runbooks ({clean} of them without a fault), {every.labelled} labelled faults: {every.found} found, "
        f"{every.labelled - every.found} missed, {every.false} false alarms; "
        f"precision {every.precision:.2f}, recall {every.recall:.2f}."
    )


def _write(measured: str, marks: tuple[str, str], *, once: bool = False) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(marks[0])
    there, _, after = rest.partition(marks[1])
    if not rest or marks[1] not in rest:
        raise SystemExit(f"{PAGE} lacks the marks {marks[0]} and {marks[1]}")
    if once and there.strip():
        raise SystemExit("first sight was measured already; it is never renewed")
    PAGE.write_text(f"{before}{marks[0]}\n{measured}\n{marks[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
