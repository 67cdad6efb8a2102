"""A command that asks questions at a terminal: run by a machine, or from a pipe, it hangs or fails."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.runbook.lint.mending.rewriting import replaced, typed
from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.carried import Carried, carried
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.lint.terminal.endless import endless
from fireline.runbook.lint.terminal.question import Question
from fireline.runbook.lint.terminal.questions import asked
from fireline.runbook.lint.terminal.sessions import opened

_REPUBLISH = 'eas update:republish --group "$UPDATE_GROUP" --message "Rollback" --non-interactive'
_NO_TTY = {"docker", "podman", "nerdctl"}


def look(subject: Subject) -> Iterator[Fault]:
    """Every call that asks by itself or opens a session, here or in the place that it goes to."""
    for command in subject.commands:
        for call in command.calls:
            inner = list(carried(call))
            for one in (call, *(other.call for other in inner)):
                question = asked(one) or opened(one)
                if question is not None:
                    yield _fault(subject, command, one, question)
                    if one is call:
                        break  # what it carries is what it asks for
                elif instead := endless(one):
                    yield _endless(subject, command, one, instead)
            yield from _terminals(subject, command, call, inner)


def _fault(subject: Subject, command: Command, call: Call, question: Question) -> Fault:
    line, column = subject.at(command, call.line, call.column)
    name = " ".join((call.name, *call.plain[:1])) if question.asks.startswith("asks") else call.name
    return Fault(
        line,
        f"`{name}` {question.asks}, and a step has no terminal",
        column=column,
        step=command.step.key,
        suggestion=question.instead,
        edits=_edits(subject, command, call),
    )


def _endless(subject: Subject, command: Command, call: Call, instead: str) -> Fault:
    line, column = subject.at(command, call.line, call.column)
    return Fault(
        line,
        f"`{call.name}` runs until somebody stops it, and a step has nobody",
        column=column,
        step=command.step.key,
        suggestion=f"Let it end: {instead}.",
        severity="warning",
    )


def _edits(subject: Subject, command: Command, call: Call) -> tuple[Edit, ...]:
    """What can be mended without knowing more: which update, a run asks for as $UPDATE_GROUP."""
    written = typed(command, call.line)
    edit: Edit | None = None
    if call.name == "eas" and call.plain == ("update:rollback",) and not call.options and not call.assigned:
        raw = f"{call.raw_name} update:rollback"
        if written.count(raw) == 1:
            edit = replaced(
                subject, command, call.line, written.replace(raw, _REPUBLISH.replace("eas", call.raw_name, 1))
            )
    elif call.name in ("apt", "apt-get", "yum", "dnf") and call.plain and call.words[0].text == call.plain[0]:
        raw = f"{call.raw_name} {call.plain[0]}"
        if written.count(raw) == 1:
            edit = replaced(subject, command, call.line, written.replace(raw, f"{raw} -y"))
    return (edit,) if edit else ()


def _terminals(subject: Subject, command: Command, call: Call, inner: list[Carried]) -> Iterator[Fault]:
    """A terminal asked for by -t, where what runs in it needs none."""
    mine = [one for one in inner if one.by is call]
    if not mine or not any(one.tty for one in mine) or any(asked(one.call) or opened(one.call) for one in inner):
        return
    asked_for = next((one for one in call.options if not one.text.startswith("--") and "t" in one.text), None)
    asked_for = asked_for or next((one for one in call.options if one.text == "--tty"), None)
    if asked_for is None:
        return
    line, column = subject.at(command, asked_for.line, asked_for.column)
    if call.name in _NO_TTY:
        message = f"`{call.name} {asked_for.text}` wants a terminal; a step has none, and it fails with `the input device is not a TTY`"
    elif call.name == "ssh" and any("sudo" in one.call.through or one.call.name == "sudo" for one in mine):
        message = f"`ssh {asked_for.text}` wants a terminal for the password of sudo, and a step has none"
    else:
        message = f"`{call.name} {asked_for.text}` wants a terminal; a step has none, and it goes on without"
    without = asked_for.text.replace("t", "") if not asked_for.text.startswith("--") else ""
    written = typed(command, asked_for.line)
    start = asked_for.column - 1
    tail = written[start + len(asked_for.text) :]
    mended = written[:start] + (without + tail if without.strip("-") else tail.lstrip())
    sudo = message.startswith("`ssh") and "password" in message
    edit = None if sudo else replaced(subject, command, asked_for.line, mended)
    yield Fault(
        line,
        message,
        column=column,
        step=command.step.key,
        suggestion="Let sudo ask for nothing: `sudo -n`, with a rule in sudoers."
        if sudo
        else f"Leave the t of {asked_for.text} out.",
        edits=(edit,) if edit else (),
        severity=None if call.name in _NO_TTY else "warning" if sudo else "info",
    )


rule = Rule(
    id="waits-for-terminal",
    area="shell",
    severity="error",
    at_times=("warning", "info"),
    summary="A command that waits for a terminal",
    why=(
        "A step is run by a worker without a terminal. A command that asks a question, opens an editor or a console gets no answer: "
        "it fails, does nothing, or waits until its time is over; so does one that runs until somebody stops it. The same holds when the line is run by cron, by CI or over ssh."
    ),
    bad="# Outage\n\n1. **Change the limit:**\n   ```bash\n   sudo vim /etc/app/limits.conf\n   ```\n2. **Roll back:**\n   ```bash\n   eas update:rollback\n   ```\n",
    good='# Outage\n\n1. **Look at the log:**\n   ```bash\n   tail -n 200 /var/log/app.log\n   ```\n2. **Roll back:**\n   ```bash\n   eas update:republish --group "$GROUP" --message "Rollback" --non-interactive\n   ```\n',
    look=look,
)
