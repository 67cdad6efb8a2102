"""A program that is not on PATH of this machine, with the package that brings it."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.runbook.lint.programs.judging import FETCHERS
from fireline.runbook.lint.rule import Fault, Rule, Unknown
from fireline.runbook.lint.shell.builtins import BUILTINS
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.calls import functions
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.lint.terminal.sessions import opened
from fireline.runbook.lint.world import Tools

_OURS = "fireline"  # a step of plain fireline lines is carried out by the worker itself
_SESSIONS = {"ssh", "su", "sudo", "docker", "podman", "kubectl", "oc", "vagrant", "heroku"}


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every program once, where it is called first."""
    tools = subject.world.tools
    seen: set[str] = set()
    defined = frozenset[str]().union(
        *(functions(one.action.command) for one in subject.commands if one.language == "bash")
    )
    for command in subject.commands:
        elsewhere = False  # whether what follows is typed in a session that the fence has opened
        for call in command.calls:
            there, elsewhere = elsewhere, elsewhere or (call.name in _SESSIONS and opened(call) is not None)
            if there or not _counts(call) or call.name in defined:
                continue
            if tools is None:
                yield Unknown(command.line(call.line), call.name, "no programs were looked at", command.step.key)
            elif (
                call.name not in (*seen, _OURS)
                and not _after_prompt(subject, command, call)
                and tools.where(call.name) is None
            ):
                seen.add(call.name)
                yield _fault(subject, command, call, tools)


def _after_prompt(subject: Subject, command: Command, call: Call) -> bool:
    """Whether its line begins with `> `, a prompt that bash takes for a redirection."""
    line = command.line(call.line)
    return line <= len(subject.lines) and subject.lines[line - 1].lstrip().startswith("> ")


def _counts(call: Call) -> bool:
    """Whether it is a program of PATH: no builtin, no path, nothing that is fetched, no variable or placeholder."""
    plain = (
        call.fixed
        and "/" not in call.raw_name
        and call.name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    )
    fetched = bool(call.through) and call.through[-1] in FETCHERS
    return plain and not fetched and not call.name.isupper() and call.name not in BUILTINS


def _fault(subject: Subject, command: Command, call: Call, tools: Tools) -> Fault:
    line = command.line(call.line)
    brings = tools.brings(call.name)
    return Fault(
        line,
        f"`{call.name}` is not on PATH of this machine",
        column=subject.column(line, call.raw_name),
        step=command.step.key,
        suggestion=(
            f"Install it where the steps run: `{brings}`."
            if brings
            else "Install it where the steps run, or take another."
        ),
        severity="info" if brings else None,  # a program that is known is likely on the machine that runs the steps
    )


rule = Rule(
    id="command-not-found",
    area="shell",
    severity="warning",
    at_times=("info",),
    summary="A program that is not on this machine",
    why=(
        "A step fails when its program is not installed where it runs. This is looked up on the machine that lints; where "
        "another one runs the steps, lint there as well. Builtins of bash, functions and aliases of the same runbook, and "
        "what `npx` and its like fetch by themselves are not meant."
    ),
    bad="# Outage\n\n1. **Look at the queue:**\n   ```bash\n   queue-of-nowhere --list\n   ```\n",
    good="# Outage\n\n1. **Look at the log:**\n   ```bash\n   echo looking\n   ```\n",
    look=look,
    needs=("tools",),
)
