"""A command that asks questions at a terminal: run by a machine, or from a pipe, it hangs or fails."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.subject import Subject

# The programs that open an editor or a pager, whatever they are given.
_SCREENS = {"vi", "vim", "nano", "emacs", "less", "more", "top", "htop", "man", "watch"}


def look(subject: Subject) -> Iterator[Fault]:
    """Every call of such a program."""
    for command in subject.commands:
        for call in command.calls:
            if call.name in _SCREENS and not (call.name == "top" and call.has("-b")):
                line = command.line(call.line)
                yield Fault(
                    line,
                    f"`{call.name}` waits for somebody at a terminal",
                    column=subject.column(line, call.raw_name),
                    step=command.step.key,
                    suggestion="Use a command that prints its answer and ends.",
                )


rule = Rule(
    id="waits-for-terminal",
    area="shell",
    severity="error",
    summary="A command that waits for a terminal",
    why="A step is run by a worker without a terminal. A command that asks a question or opens a screen waits until its time is over.",
    bad="# Outage\n\n1. **Look at the log:**\n   ```bash\n   less /var/log/app.log\n   ```\n",
    good="# Outage\n\n1. **Look at the log:**\n   ```bash\n   tail -n 200 /var/log/app.log\n   ```\n",
    look=look,
)
