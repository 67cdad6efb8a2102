"""A step that is never carried out: its condition can not hold, it belongs to no step, or the way leads past it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from fireline.runbook.document import Action, Procedure, Runbook, Step
from fireline.runbook.language.bashtree import text_of, too_much, tree_of
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.speech.words import folded

_NAMES_NO_STEP = re.compile(r"line (\d+): (undo|verify|before)=(\S+) names no step")
_GO_TO = re.compile(
    r"\b(?:go (?:back )?to|continue (?:with|at)|jump to|skip to|weiter mit|aller a|ir al?|zuruck zu) (?:step|schritt|etape|l'etape|paso) (\d{1,3})\b(?!\.\d)"
)
_GO_BELOW = re.compile(_GO_TO.pattern.removesuffix(r"(\d{1,3})\b(?!\.\d)") + r"(\d{1,3}(?:\.\d{1,3}){1,3})\b")
_NUMBER = re.compile(r"\s*(?:#{1,6}\s+|[-*+]\s+)?\W{0,3}(?:(?:step|schritt|etape|paso)\s+)?(\d{1,3}(?:\.\d{1,3})+)\b")
_ONLY_GO = re.compile(r"\W*(?:go (?:back )?to|continue (?:with|at)|jump to|weiter mit) (?:step|schritt) (\d{1,3})\W*")


def look(subject: Subject) -> Iterator[Fault]:
    """Every such step, every jump to a step that is not there, and every circle of procedures."""
    for procedure in subject.book.procedures:
        yield from _conditions(procedure)
        yield from _jumps(subject, procedure)
    yield from _below(subject)
    yield from _without_step(subject)
    for command in subject.commands:
        yield from _after_exit(command)
    yield from _circles(subject.book)


def _conditions(procedure: Procedure) -> Iterator[Fault]:
    """`if=name.…` needs a step of that name before it."""
    before: set[str] = set()
    keys = {step.key for step in procedure.steps}
    for step in procedure.steps:
        name = (step.condition or "").partition(".")[0]
        if name and name not in before:
            why = "comes only later" if name in keys else "is no step of this procedure"
            line = (step.action or step.alternatives[0]).line - 1 if step.action or step.alternatives else step.line
            yield Fault(
                line,
                f"it is never carried out: `{name}`, which its condition asks, {why}",
                step=step.key,
                evidence=f"if={step.condition}",
                suggestion="Name a step that stands before it.",
            )
        before.add(step.key)


def _jumps(subject: Subject, procedure: Procedure) -> Iterator[Fault]:
    steps = [one for one in procedure.steps if one.part_of is None]
    aims = {int(n) for one in steps for n in _GO_TO.findall(folded(f"{one.title} {one.text}"))}
    for place, step in enumerate(steps, start=1):
        words = folded(f"{step.title}\n{step.text}")
        for number in dict.fromkeys(int(n) for n in _GO_TO.findall(words)):
            if number > len(steps) or number == 0:
                yield Fault(
                    step.line,
                    f"it leads to step {number}, and there are only {len(steps)}",
                    step=step.key,
                    suggestion="Name the step that is meant.",
                    severity="warning",
                )
        aim = _ONLY_GO.fullmatch(folded(step.title))
        if aim and step.kind == "manual" and place < len(steps) and _skipped(place + 1, int(aim[1]), aims, place):
            yield Fault(
                steps[place].line,
                f"nobody comes here: line {step.line} always leads to step {aim[1]}",
                step=steps[place].key,
                suggestion="Say when step is gone to, or take this one away.",
                severity="warning",
            )


def _below(subject: Subject) -> Iterator[Fault]:
    """A jump to 3.9 where there are 3.1 to 3.7: paragraphs that have numbers of their own."""
    there = {found[1] for line in subject.lines if (found := _NUMBER.match(folded(line)))}
    for number, line in enumerate(subject.lines, start=1):
        for aim in _GO_BELOW.findall(folded(line)) if "." in line else ():
            beside = sorted(one for one in there if one.rpartition(".")[0] == aim.rpartition(".")[0])
            if beside and aim not in there:
                yield Fault(
                    number,
                    f"it leads to step {aim}, and there is none: {', '.join(beside[:8])}",
                    subject.column(number, aim),
                    suggestion="Name the step that is meant.",
                    severity="warning",
                )


def _skipped(number: int, aim: int, aims: set[int], place: int) -> bool:
    """Whether the step behind an unconditional jump is led to by nothing else."""
    return number != aim and number not in aims and aim != place


def _without_step(subject: Subject) -> Iterator[Fault]:
    """`undo=name` and its like belong to a step that must be there."""
    for note in subject.book.notes:
        told = _NAMES_NO_STEP.match(note)
        if told:
            yield Fault(
                int(told[1]),
                f"this {told[2]} is never used: no step is named {told[3]}",
                evidence=f"{told[2]}={told[3]}",
                suggestion="Name the step as its fence does: {name=…}.",
                severity="warning",
            )


def _after_exit(command: Command) -> Iterator[Fault]:
    """What stands in a fence behind a plain `exit` or `exec`."""
    action: Action = command.action
    if command.language != "bash" or "exit" not in action.command or too_much(action.command):
        return
    nodes = [one for one in tree_of(action.command).root_node.children if one.type not in ("comment", "\n", ";")]
    for node, following in pairwise(nodes):
        if node.type == "command" and text_of(node.child_by_field_name("name")) == "exit":
            yield Fault(
                command.line(following.start_point[0] + 1),
                "this is never carried out: the command before it ends the script",
                step=command.step.key,
                suggestion="Take the `exit` away, or put it under a condition.",
                severity="warning",
            )
            return


def _circles(book: Runbook) -> Iterator[Fault]:
    """Procedures that lead to each other and never to an end."""
    calls = {
        one.id: [(step.call, step) for step in one.steps if step.call and step.decision is None]
        for one in book.procedures
    }
    for procedure in book.procedures:
        seen, at = {procedure.id}, procedure.id
        first: Step | None = None
        while len(calls.get(at, ())) == 1:
            target, step = calls[at][0]
            first = first or step
            if target == procedure.id and first is not None:
                yield Fault(first.line, f"it leads back to “{procedure.title}” and never ends", step=first.key,
                            suggestion="Say when it is left.", severity="warning")  # fmt: skip
            if target is None or target in seen:
                break
            seen.add(target)
            at = target


rule = Rule(
    id="unreachable-step",
    area="document",
    severity="error",
    at_times=("warning",),
    summary="A step that is never carried out",
    why=(
        "A condition that asks a step which is not there, or stands later, never holds: the step is skipped without a word. The same "
        "goes for an undo of a step nobody named so, for what stands behind `exit`, and for “go to step 9” of seven."
    ),
    bad=(
        "# Outage\n\n1. **Count:**\n   ```sql {name=waiting}\n   SELECT count(*) FROM jobs;\n   ```\n2. **Delete them:**\n"
        "   ```sql {name=clear if=wating.rows>0}\n   DELETE FROM jobs WHERE done;\n   ```\n"
    ),
    good=(
        "# Outage\n\n1. **Count:**\n   ```sql {name=waiting}\n   SELECT count(*) FROM jobs;\n   ```\n2. **Delete them:**\n"
        "   ```sql {name=clear if=waiting.rows>0}\n   DELETE FROM jobs WHERE done;\n   ```\n"
    ),
    look=look,
)
