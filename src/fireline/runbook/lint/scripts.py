"""Where a relative path of a command leads: from the runbook's folder up to its repository's root."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.subject import Command, Subject


def folders(subject: Subject) -> tuple[Path, ...]:
    """The folders that a command may be run in: the runbook's own, those above it, and the root of its repository."""
    own = subject.path.resolve().parent
    above = (own, *own.parents)
    root = next((number for number, one in enumerate(above) if (one / ".git").exists()), None)
    return above[: root + 1] if root is not None else (own,)


def found_script(subject: Subject, command: Command, path: str) -> Path | None:
    """The file that a relative path means, from each of those folders; None when there is none."""
    inside = tuple(_entered(command))
    for folder in folders(subject):
        for one in (folder, *(folder / name for name in inside)):
            if (one / path).is_file():
                return one / path
    return None


def is_ours(subject: Subject, command: Command, call: Call) -> bool:
    """Whether a call is of a script that is there and speaks to Fireline, which destroys nothing unasked."""
    if "/" not in call.raw_name or not subject.world.files:
        return False
    script = found_script(subject, command, call.raw_name)
    try:
        return script is not None and "fireline" in script.read_text(encoding="utf-8", errors="replace")[:100_000]
    except OSError:
        return False


def _entered(command: Command) -> Iterator[str]:
    """The folders that the command itself goes into first, as far as they are relative and literal."""
    for call in command.calls:
        if call.name == "cd" and call.words and call.words[0].literal and not call.words[0].text.startswith(("/", "-")):
            yield call.words[0].text
