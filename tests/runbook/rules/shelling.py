"""What one rule says of a single bash command, and the command with its edits."""

from __future__ import annotations

import textwrap

from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.world import World
from tests.runbook.rules.saying import faults, mended


def page(*commands: str, title: str = "Service down", undo: str = "") -> str:
    """A runbook with one step for each command."""
    text = f"# {title}\n\n"
    for number, command in enumerate(commands, start=1):
        text += f"{number}. **Step number {number}:**\n   ```bash\n{textwrap.indent(command, '   ')}\n   ```\n{undo}"
    return text


def of(rule: Rule, *commands: str, world: World | None = None) -> list[Fault]:
    """What the rule finds in these commands."""
    return faults(rule, page(*commands), world)


def finds(rule: Rule, command: str) -> bool:
    """Whether it finds an error or a warning in this command."""
    return any((one.severity or rule.severity) != "info" for one in of(rule, command))


def mends(rule: Rule, command: str) -> str:
    """The command with the edits of the first fault that has some; the command itself when none has."""
    text = page(command)
    fault = next((one for one in faults(rule, text) if one.edits), None)
    if fault is None:
        return command
    fence = mended(text, fault).split("```bash\n")[1].split("\n   ```")[0]
    return textwrap.dedent(fence)
