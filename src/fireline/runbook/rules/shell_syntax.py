"""A bash fence that bash can not read."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import lru_cache

from fireline.runbook import shell
from fireline.runbook.language.bashtree import too_much, tree_of
from fireline.runbook.lint.page import fences
from fireline.runbook.lint.rule import Fault, Rule, Unknown
from fireline.runbook.lint.shell.written import masked
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.reading.fence import by_hand

_PATIENCE = 5  # seconds
_LINE = re.compile(r"^(?:[^:\n]*bash|/[^:\n]*): (?:-c: )?line (\d+): (.*)$", re.MULTILINE)
_OPEN = re.compile(r"<[A-Za-z][^<>\n$|;&]{0,80}>")  # what an author left open, in whatever words: <code,code>
_CODE = re.compile(r"^`.*'$", re.DOTALL)


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every fence that the grammar stumbles over and bash itself does not take either; nothing of it is run.

    Of commands that nothing here reads, in another language or of programs that nobody knows, that is said.
    """
    for block in fences(subject.text):
        if why := by_hand(block):
            yield Unknown(block.line, _short(block.content.strip()), why)
    for command in subject.commands:
        if command.language != "bash":
            continue
        text = command.action.command
        if too_much(text):
            yield Unknown(
                command.action.line,
                _short(text),
                "the command is too long or too odd to be looked into",
                command.step.key,
            )
        elif tree_of(masked(text)).root_node.has_error:
            yield from _asked(subject, command, text)


def _asked(subject: Subject, command: Command, text: str) -> Iterator[Fault | Unknown]:
    said = _bash_says(_OPEN.sub("x", shell.script(text).command))
    if said is None:
        yield Unknown(
            command.action.line, _short(text), "its syntax is odd, and there is no bash here to ask", command.step.key
        )
        return
    problems = [(int(number), what) for number, what in _LINE.findall(said)]
    if not problems:
        return
    number, what = next(((n, w) for n, w in problems if not _CODE.match(w)), problems[0])
    opened = re.search(r"from line (\d+)|looking for matching", what)
    typed = text.split("\n")
    number = int(opened[1]) if opened and opened[1] else min(number, len(typed))
    number = _last_written(typed, number)
    line, column = subject.at(command, number, len(typed[number - 1]) - len(typed[number - 1].lstrip()) + 1)
    yield Fault(
        line,
        f"bash can not read this command: {what}",
        column=column,
        step=command.step.key,
        evidence=said.strip(),
        suggestion="Close what is open, or quote what is meant as text.",
    )


def _last_written(lines: list[str], number: int) -> int:
    """The line itself, or the last before it on which something stands."""
    while number > 1 and not lines[number - 1].strip():
        number -= 1
    return max(number, 1)


@lru_cache(maxsize=128)
def _bash_says(text: str) -> str | None:
    """What `bash -n` says, which reads and runs nothing; None where there is no bash."""
    found = shutil.which("bash")
    if found is None:
        return None
    try:
        read = subprocess.run(
            [found, "--noprofile", "--norc", "-n"], input=text + "\n", env={"LC_ALL": "C.UTF-8", "PATH": ""}, cwd="/",
            capture_output=True, text=True, timeout=_PATIENCE, check=False, errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return read.stderr


def _short(text: str) -> str:
    return text.strip().partition("\n")[0][:80]


rule = Rule(
    id="shell-syntax",
    area="shell",
    severity="error",
    summary="A command that bash can not read",
    why=(
        "A quote that is never closed, an `if` without its `fi`, a bracket too many: bash runs nothing of such a step, or waits for more. "
        "What the grammar stumbles over is given to `bash -n`, which reads and runs nothing; only what both can not read is said."
    ),
    bad="# Disk full\n\n1. **Look:**\n   ```bash\n   if [ -d /var/log ]; then\n     du -sh /var/log\n   ```\n",
    good="# Disk full\n\n1. **Look:**\n   ```bash\n   if [ -d /var/log ]; then\n     du -sh /var/log\n   fi\n   ```\n",
    look=look,
)
