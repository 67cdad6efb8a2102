"""A subcommand that the program does not have, by its own help or by the shipped table of a known version."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from fireline.runbook.language import placeholders
from fireline.runbook.lint.mending.rewriting import replaced, typed
from fireline.runbook.lint.programs.invocation import Invocation
from fireline.runbook.lint.programs.judging import ask, judged
from fireline.runbook.lint.rule import Edit, Fault, Rule, Unknown
from fireline.runbook.lint.shell.call import Call, Word
from fireline.runbook.lint.subject import Command, Subject

_MOST = 12  # names that are listed
# What there is instead of a command that never was, or that not every version has; {0}: the first word after it.
_INSTEAD = {
    ("eas", "build:rollback"): 'eas submit --platform "$PLATFORM" --id {0} --non-interactive',
    ("supabase", "logs"): "fireline check log",
}


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every call of a program that is known."""

    def judge(command: Command, call: Call, found: Invocation) -> Iterator[Fault | Unknown]:
        if found.unsure:
            yield Unknown(command.line(call.line), call.name, found.unsure, command.step.key)
        if found.wrong is not None:
            yield _fault(subject, command, call, found, found.wrong)

    return judged(subject, judge)


def _fault(subject: Subject, command: Command, call: Call, found: Invocation, wrong: Word) -> Fault:
    known = found.known
    line = command.line(wrong.line)
    written = f"{call.name} {' '.join(found.words)}"
    names = _names(found, wrong)
    if known.exists:
        message = f"`{written}` is a command of {known.label}, and of {_and(known.differs)} it is none"
    elif known.differs:
        message = f"`{written}` is no command of {known.label}, though of {_and(known.differs)} it is"
    else:
        message = f"`{written}` is no command of {known.label}"
        message += f", and there is no `{known.plugin}`" if known.plugin else ""
    return Fault(
        line,
        message,
        column=subject.column(line, wrong.raw),
        step=command.step.key,
        evidence=_evidence(found, names),
        suggestion=_suggestion(call, found, wrong, names),
        edits=_instead(subject, command, call, wrong) or _edits(subject, line, wrong, found),
        severity="warning" if known.differs or known.plugin else None,
    )


def _names(found: Invocation, wrong: Word) -> list[str]:
    """What may have been meant: the nearest of its siblings."""
    last = wrong.text.rpartition(":")[2]
    return get_close_matches(last, found.known.subcommands, n=3, cutoff=0.6)


def _evidence(found: Invocation, names: list[str]) -> str:
    known = found.known
    if known.exists:
        return f"as of {known.label}; which version will run it is not known"
    rest = [name for name in sorted(known.subcommands) if name not in names]
    listed = (names + rest)[:_MOST]
    more = len(known.subcommands) - len(listed)
    above = " ".join((known.program, *known.path))
    return f"{known.label} has: {above} {', '.join(listed)}{f' and {more} more' if more > 0 else ''}"


def _suggestion(call: Call, found: Invocation, wrong: Word, names: list[str]) -> str:
    known = found.known
    sign = ":" if ":" in wrong.text else " "
    if known.exists:
        return f"Write down which version of {known.program} this needs, or install it where the steps run."
    if names:
        before = [*known.path, names[0]]
        return f"Perhaps `{call.name} {sign.join(before)}` is meant."
    if known.elsewhere:
        paths = [f"`{call.name} {sign.join(path)}`" for path in known.elsewhere[:3]]
        return f"There is {_and(paths)}; read what it does before it takes this place."
    return ask(call, known)


def _instead(subject: Subject, command: Command, call: Call, wrong: Word) -> tuple[Edit, ...]:
    """The line with what there is instead, where the line holds this call alone."""
    there = _INSTEAD.get((call.name, wrong.text))
    after = [word.raw for word in call.words if word.line == wrong.line and word.column > wrong.column]
    if there is None or ("{0}" in there and (len(after) != 1 or after[0].startswith("-"))):
        return ()
    if typed(command, wrong.line).split() != [call.raw_name, *(word.raw for word in call.words)]:
        return ()
    given = [f'"${one}"' if placeholders.CAPITALS.fullmatch(one) else one for one in after[:1]]
    edit = replaced(subject, command, wrong.line, there.format(*given))
    return (edit,) if edit else ()


def _edits(subject: Subject, line: int, wrong: Word, found: Invocation) -> tuple[Edit, ...]:
    """Only a slip of the pen is mended: one name that is all but the same."""
    head, sign, last = wrong.text.rpartition(":")
    close = get_close_matches(last, found.known.subcommands, n=2, cutoff=0.85)
    text = subject.lines[line - 1]
    if found.known.exists or found.known.differs or len(close) != 1 or text.count(wrong.raw) != 1:
        return ()
    return (Edit(line, line, text.replace(wrong.raw, f"{head}{sign}{close[0]}")),)


def _and(words: list[str] | tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + (" and " if words[1:] else "") + words[-1]


rule = Rule(
    id="unknown-subcommand",
    area="shell",
    severity="error",
    at_times=("warning",),
    summary="A subcommand that the program does not have",
    why=(
        "Command lines change from version to version, and some never had the command that a runbook names. It is found out "
        "at night, when nobody has time to read a manual. Each call is held against the help of the installed program, or, "
        "where it is not installed, against a table of a version that is named. A plugin, an alias of git or a version that "
        "nobody knows is not judged."
    ),
    bad="# Rollback\n\n1. **Roll the build back:**\n   ```bash\n   eas build:rollback 4711\n   ```\n",
    good="# Rollback\n\n1. **See the builds:**\n   ```bash\n   eas build:list --limit 5\n   ```\n",
    look=look,
    needs=("tools",),
)
