"""A text that becomes a command: eval, and shells that are given a variable as their code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.lint.rule import Fault, Rule, Severity
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.carried import carried
from fireline.runbook.lint.subject import Subject

_SHELLS = {"bash", "sh", "zsh", "dash", "ksh"}
# Programs whose output is made to be evaluated by a shell.
_ENVIRONMENTS = {
    "ssh-agent", "direnv", "rbenv", "pyenv", "nodenv", "brew", "minikube", "docker-machine", "fnm", "starship", "opam",
    "mise", "asdf", "gpg-agent", "dircolors", "keychain", "conda", "aws-vault", "getopt",
}  # fmt: skip


def look(subject: Subject) -> Iterator[Fault]:
    """Every eval of something that is not written there, and every shell whose code is a variable."""
    for command in subject.commands:
        for call in (*command.calls, *(one.call for outer in command.calls for one in carried(outer))):
            said = _evaluates(call) or _code_of_a_variable(call)
            if said is None:
                continue
            message, severity = said
            line, column = subject.at(command, call.line, call.column)
            yield Fault(
                line,
                message,
                column=column,
                step=command.step.key,
                suggestion='Write the command itself, with each value as a word of its own: "$NAME".',
                severity=severity,
            )


def _evaluates(call: Call) -> tuple[str, Severity | None] | None:
    if call.name != "eval" or not call.words:
        return None
    text = " ".join(word.text for word in call.words)
    if all(word.literal for word in call.words):
        return "`eval` runs a text that could stand there as a command", "info"
    inner = re.match(r"\$\((?P<name>[\w./-]+)", text.strip('"'))
    if inner and inner["name"].rpartition("/")[2] in _ENVIRONMENTS:
        return None
    return "`eval` runs whatever the value turns out to be", None


def _code_of_a_variable(call: Call) -> tuple[str, Severity | None] | None:
    """`bash -c "$COMMAND"`: a whole command from outside; also one with a value put into its text."""
    if call.name not in _SHELLS:
        return None
    for at, word in enumerate(call.words[:-1]):
        if word.text.startswith("-") and not word.text.startswith("--") and word.text.endswith("c"):
            code = call.words[at + 1]
            if not code.literal and re.fullmatch(r"\$\{?\w+\}?", code.text):
                return f"`{call.name} -c {code.raw}` runs whatever the value turns out to be", None
            if not code.literal and code.raw.startswith('"') and re.search(r"(?<!\\)\$\{?[A-Za-z_]", code.text):
                return (
                    f"`{call.name} -c` is given a text with a value in it: what stands in the value becomes part of the command",
                    "info",
                )
    return None


rule = Rule(
    id="eval",
    area="shell",
    severity="warning",
    at_times=("info",),
    summary="A value that becomes a command",
    why=(
        "`eval` and `bash -c` read a text as a command. A value in that text, be it a name with a blank, a quote or a semicolon, is read as "
        "part of it: at best the command breaks, at worst it does something else. What programs such as ssh-agent print for eval is left alone."
    ),
    bad='# Cache full\n\n1. **Clear it:**\n   ```bash\n   eval "redis-cli del $KEYS"\n   ```\n',
    good='# Cache full\n\n1. **Clear it:**\n   ```bash\n   redis-cli del "$KEY"\n   ```\n',
    look=look,
)
