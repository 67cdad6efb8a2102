"""Lines of `fireline` as a suggestion or an edit offers them, with the target where the runbook says which."""

from __future__ import annotations

from fireline.runbook.lint.subject import Command, Subject


def line(subject: Subject, command: Command, words: str) -> str:
    """`fireline WORDS --target T`; without a target where none is named, since the only one is then meant."""
    target = _target(subject, command)
    return f"fireline {words} --target {target}" if target else f"fireline {words}"


def _target(subject: Subject, command: Command) -> str | None:
    if command.step.target:
        return command.step.target
    named = subject.book.front_matter.get("targets")
    if isinstance(named, dict) and len(named) == 1:
        return str(next(iter(named)))
    world = subject.world.target
    return world.target if world is not None else None
