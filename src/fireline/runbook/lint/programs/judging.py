"""Every call of a program that is known, for a rule to judge; and what is said by all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from fireline.runbook.lint.programs.invocation import Invocation, invocation
from fireline.runbook.lint.rule import Fault, Unknown
from fireline.runbook.lint.shell.builtins import BUILTINS
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.carried import everywhere
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.lint.world import Known, Tools

FETCHERS = frozenset(
    {"npx", "bunx", "pnpx", "pnpm", "yarn", "npm", "bundle", "poetry", "pipenv", "uv"}
)  # they bring what they run
Judge = Callable[[Command, Call, Invocation], Iterable[Fault | Unknown]]


def judged(subject: Subject, judge: Judge) -> Iterator[Fault | Unknown]:
    """What a rule says of each call; where no programs were looked at, that nothing is known. A script has no table.

    Of a command within a sentence whose program nobody knows it is said that nothing was looked into.
    """
    tools = subject.world.tools
    for command in (*subject.commands, *subject.sentences):
        for call in everywhere(command.calls):
            if not call.fixed or "/" in call.raw_name:
                continue
            if tools is None:
                yield Unknown(command.line(call.line), call.name, "no programs were looked at", command.step.key)
            elif command.role != "words" and (found := invocation(tools, call)):
                yield from judge(command, call, found)
            elif command.role in ("sentence", "words") and not _is_there(tools, call):
                yield Unknown(
                    command.line(call.line),
                    command.action.command,
                    f"it stands in a sentence, and `{call.name}` is neither on this machine nor known",
                    command.step.key,
                )


def _is_there(tools: Tools, call: Call) -> bool:
    """Whether a program is here, or is brought by what calls it."""
    fetched = bool(call.through) and call.through[-1] in FETCHERS
    return fetched or call.name in BUILTINS or tools.where(call.name) is not None


def ask(call: Call, known: Known) -> str:
    """The suggestion to look what there is."""
    return f"Run `{' '.join((call.name, *known.path))} --help` where the steps run and take what is there."
