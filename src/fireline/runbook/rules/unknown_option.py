"""An option that the program or its subcommand does not have, by its own help or by the shipped table of a known version."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from fireline.runbook.lint.programs.invocation import Invocation
from fireline.runbook.lint.programs.judging import ask, judged
from fireline.runbook.lint.rule import Edit, Fault, Rule, Unknown
from fireline.runbook.lint.shell.call import Call, Word
from fireline.runbook.lint.subject import Command, Subject


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every option of a program that is known."""

    def judge(command: Command, call: Call, found: Invocation) -> Iterator[Fault]:
        return (_fault(subject, command, call, found, word) for word in found.stray)

    return judged(subject, judge)


def _fault(subject: Subject, command: Command, call: Call, found: Invocation, word: Word) -> Fault:
    known = found.known
    line = command.line(word.line)
    name = word.text.partition("=")[0]
    close = get_close_matches(name, sorted(known.options or ()), n=3, cutoff=0.75)
    return Fault(
        line,
        f"`{' '.join((call.name, *known.path))}` of {known.label} has no option `{name}`",
        column=subject.column(line, word.raw),
        step=command.step.key,
        evidence=f"as of {known.label}",
        suggestion=(f"Perhaps `{close[0]}` is meant." if close else ask(call, known)),
        edits=_edits(subject, line, word, found),
    )


def _edits(subject: Subject, line: int, word: Word, found: Invocation) -> tuple[Edit, ...]:
    """Only a slip of the pen is mended: one option that is all but the same."""
    name = word.text.partition("=")[0]
    close = get_close_matches(name, sorted(found.known.options or ()), n=2, cutoff=0.9)
    text = subject.lines[line - 1]
    if len(close) != 1 or text.count(name) != 1 or not name.startswith("--"):
        return ()
    return (Edit(line, line, text.replace(name, close[0])),)


rule = Rule(
    id="unknown-option",
    area="shell",
    severity="error",
    summary="An option that the program does not have",
    why=(
        "A command with an option it does not know does nothing but say so. Each option is held against the help of the "
        "installed program, or, where it is not installed, against a table of a version that is named. What follows `--`, "
        "what is handed to another program (`docker exec db psql -x`) and what a help text leaves out is not judged."
    ),
    bad="# Backup\n\n1. **Dump the database:**\n   ```bash\n   pg_dump --fromat=custom --file=shop.dump shop\n   ```\n",
    good="# Backup\n\n1. **Dump the database:**\n   ```bash\n   pg_dump --format=custom --file=shop.dump shop\n   ```\n",
    look=look,
    needs=("tools",),
)
