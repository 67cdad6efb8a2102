"""What a step is for, told by its words and by its commands: it backs up, stops traffic, looks, verifies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook import sqltext
from fireline.runbook.document import Action, Procedure, Step
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.steps.calls import HARMLESS, TELLERS, calls_of, halts, is_query, looks_at, reads
from fireline.runbook.lint.steps.saving import keeps_copy, saves
from fireline.runbook.lint.steps.words import (
    BACK,
    LOOKS,
    MAKES_SURE,
    NOT_A_BACKUP,
    NOT_STOPPING,
    QUIET,
    STOPS,
    TAKES,
    USES,
)
from fireline.runbook.speech.words import folded

_LONGEST = 4_000  # characters of a step's words that are looked into


def commands_of(step: Step) -> Iterator[Action]:
    """The fences that a step carries out, its alternatives too; not those that verify it or take it back."""
    if step.action is not None:
        yield step.action
    yield from step.alternatives


def said(step: Step) -> str:
    """The title of a step, with the words that a person reads below it, without case and accents."""
    return folded(f"{step.title}\n{step.text}\n" + "\n".join(step.checklist))[:_LONGEST]


def takes_backup(step: Step) -> bool:
    """Whether a step makes a backup, a dump or a snapshot."""
    title = folded(step.title)
    if (
        TAKES.search(title)
        and not USES.search(title)
        and not MAKES_SURE.search(title)
        and not NOT_A_BACKUP.search(title)
    ):
        return True
    if step.before is not None:
        return True
    return any(keeps_copy(action) for action in commands_of(step))


def backs_up(step: Step) -> bool:
    """Whether after a step there is a way back in somebody's hand: it makes a backup, or makes sure that there is one."""
    return takes_backup(step) or bool(MAKES_SURE.search(folded(step.title)) or MAKES_SURE.search(said(step)))


def stops_traffic(step: Step) -> bool:
    """Whether a step keeps the application away from what it works on."""
    title = folded(step.title)
    if STOPS.search(title) and not NOT_STOPPING.search(title):
        return True
    return any(
        halts(call) for action in commands_of(step) if action.language == "bash" for call in calls_of(action.command)
    )


def proves_quiet(step: Step) -> bool:
    """Whether a step shows that nothing is written any more: it looks, or says what is to be seen."""
    if QUIET.search(said(step)):
        return True
    actions = [*commands_of(step), *([step.verify] if step.verify else [])]
    for action in actions:
        if action.language == "sql" and re.search(r"\bpg_stat_(?:activity|database)\b", action.command):
            return True
        if action.language == "bash":
            found = calls_of(action.command)
            if any(one.name == "fireline" and one.plain[:2] == ("contain", "fence") for one in found):
                return True
            if any(
                "pg_stat_activity" in word.text or "pg_stat_database" in word.text
                for one in found
                for word in one.words
            ):
                return True
    if step.verify is not None or step.expect:
        return True
    return stops_traffic(step) and any(reads(action) for action in actions)


def looks(step: Step) -> bool:
    """Whether a step looks at something, by its words or its command, or says what is expected."""
    if step.verify is not None or step.expect or LOOKS.search(folded(step.title)):
        return True
    return any(reads(action) for action in commands_of(step))


def changes(step: Step) -> bool:
    """Whether a step has a command that may change something: it does more than look, move about and tell."""
    for action in commands_of(step):
        if action.language == "sql" and any(not is_query(one.sql) for one in sqltext.read(action.command).statements):
            return True
        if action.language == "bash" and any(
            not looks_at(call) and not _tells(call) for call in calls_of(action.command)
        ):
            return True
    return False


def _tells(call: Call) -> bool:
    """Whether it only shows or prepares something."""
    return call.name in TELLERS or saves(call) or any(one in HARMLESS for one in call.plain[:3])


def gives_way_back(step: Step) -> bool:
    """Whether a step says how it is taken back, or that it can not be."""
    return step.undo is not None or step.undo_text is not None or goes_back(_without_title(step))


def _without_title(step: Step) -> str:
    """What stands in a step besides its title."""
    return step.text.replace(step.title, "", 1) + "\n" + "\n".join(step.checklist)


def says_to_look(words: str) -> bool:
    """Whether some words ask to verify something."""
    return bool(LOOKS.search(folded(words)))


def goes_back(words: str) -> bool:
    """Whether some words speak of taking something back."""
    return bool(BACK.search(folded(words)))


def verifies(procedure: Procedure, after_step: Step) -> bool:
    """Whether the procedure looks, in this step or behind it, at whether it worked."""
    if after_step.verify is not None or after_step.expect or LOOKS.search(said(after_step)):
        return True
    if any(_ends_with_look(action) for action in commands_of(after_step)):
        return True
    later = procedure.steps[place_of(procedure, after_step) + 1 :]
    return any(looks(one) or one.call is not None for one in later)


def _ends_with_look(action: Action) -> bool:
    """Whether the last thing that a command does is to look."""
    found = calls_of(action.command) if action.language == "bash" else ()
    return looks_at(found[-1]) if found else reads(action)


def place_of(procedure: Procedure, step: Step) -> int:
    """Its place among the steps, from 0."""
    return next(number for number, one in enumerate(procedure.steps) if one.key == step.key)
