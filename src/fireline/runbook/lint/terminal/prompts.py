"""Calls that ask a question, or open an editor, by some of their options: told program by program, where a table can not."""

from __future__ import annotations

from collections.abc import Callable

from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.terminal.question import Question

_LETTER = 2  # a dash and a letter


def _read(call: Call) -> Question | None:
    if call.fed or call.inside is not None or call.has("-u") or any(sign in ("<", "<<<") for sign, _ in call.redirects):
        return None
    return Question(
        "waits for somebody to type", 'Take the value from a parameter: `"$NAME"`, which is asked for before the step.'
    )


def _interactive(*options: str) -> Callable[[Call], Question | None]:
    """A program that asks only with these options."""

    def look(call: Call) -> Question | None:
        if call.fed:
            return None
        found = next((one for one in options if call.has(one) or (len(one) == _LETTER and call.short(one[1]))), None)
        return Question(f"asks at a terminal ({found})", f"Leave {found} out.") if found else None

    return look


def _git(call: Call) -> Question | None:
    words = call.plain
    if {"GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "EDITOR"} & {name for name, _ in call.assigned}:
        return None
    if words[:1] == ("rebase",) and (call.has("--interactive") or call.short("i")):
        return Question(
            "opens an editor", "Revert with `git revert --no-edit`, or reset to a commit that is named.", hard=True
        )
    if words[:1] == ("add",) and (call.has("--patch", "--interactive") or call.short("p") or call.short("i")):
        return Question("asks for every change", "Name the files.", hard=True)
    if words[:1] == ("commit",) and not (
        call.has("--message", "--file", "--no-edit", "--reuse-message", "--fixup", "--dry-run", "--squash")
        or any(call.short(letter) for letter in "mFC")
    ):
        return Question("opens an editor", "Give the message with -m.", hard=True)
    return None


def _gcloud(call: Call) -> Question | None:
    asks = {"sql", "compute", "container", "projects", "run"} & set(call.plain[:1])
    if asks and "delete" in call.plain and not call.has("--quiet", "-q") and not call.fed:
        return Question("asks whether it may delete", "Give --quiet.")
    return None


def _az(call: Call) -> Question | None:
    asks = {"group", "vm", "postgres", "sql", "disk", "storage"} & set(call.plain[:1])
    if asks and "delete" in call.plain and not call.has("--yes", "-y") and not call.fed:
        return Question("asks whether it may delete", "Give --yes.")
    return None


def _ssh_keygen(call: Call) -> Question | None:
    known = any(call.short(letter) for letter in "RlyFeiLHkQBDGMIs") or call.has("-Y", "-A")
    if known or call.fed or (call.has("-f") and (call.has("-N") or call.has("-p"))):
        return None
    return Question("asks for the file and the passphrase", "Give -f and -N.")


def _ansible(call: Call) -> Question | None:
    asking = ("--ask-pass", "--ask-become-pass", "--ask-vault-pass", "-k", "-K", "-J")
    found = next((one for one in asking if call.has(one)), None)
    return (
        Question(f"asks for a password ({found})", "Use a key, sudo without a password, or a vault password file.")
        if found
        else None
    )


# What each of them asks; None where it is told all it needs.
PROMPTS: dict[str, Callable[[Call], Question | None]] = {
    "read": _read, "git": _git, "gcloud": _gcloud, "az": _az, "ssh-keygen": _ssh_keygen,
    "ansible": _ansible, "ansible-playbook": _ansible,
    "createuser": _interactive("--interactive", "-P", "--pwprompt"), "dropdb": _interactive("-i", "--interactive"),
    "dropuser": _interactive("-i", "--interactive"), "rm": _interactive("-i", "-I"), "cp": _interactive("-i"), "mv": _interactive("-i"),
    "pg_dump": _interactive("-W", "--password"), "pg_restore": _interactive("-W", "--password"),
    "crontab": _interactive("-e"), "php": _interactive("-a"), "xargs": _interactive("-p", "--interactive"),
}  # fmt: skip
