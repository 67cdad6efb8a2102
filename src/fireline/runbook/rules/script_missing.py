"""A relative script that is not there, or that can not be executed."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from fireline.runbook.lint.mending.rewriting import replaced, typed
from fireline.runbook.lint.rule import Edit, Fault, Rule, Unknown
from fireline.runbook.lint.scripts import folders, found_script
from fireline.runbook.lint.shell.call import Call, Word
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.lint.terminal.sessions import opened

_SHELLS = {"bash", "sh", "zsh", "dash", "ksh", "source", "."}
_LANGUAGES = {"python": ".py", "python3": ".py", "node": ".js", "ruby": ".rb", "perl": ".pl", "php": ".php"}
# What is installed or built, and never in a repository.
_MADE = re.compile(r"(?:^|/)(?:node_modules|\.?venv|target|build|dist|out|vendor/bin|\.bin|__pycache__)/")
_BRINGS = {
    "git",
    "curl",
    "wget",
    "tar",
    "unzip",
    "scp",
    "rsync",
    "aws",
    "gsutil",
    "gh",
    "docker",
    "npm",
    "make",
    "chmod",
    "cp",
    "mv",
}


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every relative path that is called as a program or given to a shell; in a sentence, where no fence calls it."""
    called: set[str] = set()
    for command in (*subject.commands, *subject.sentences):
        for at, call in enumerate(command.calls):
            script = _script(call)
            if script is None:
                continue
            path = script.text if isinstance(script, Word) else call.raw_name
            if command.role in ("sentence", "words") and path in called:
                continue
            called.add(path)
            if not subject.world.files:
                yield Unknown(command.line(call.line), path, "files are not looked up", command.step.key)
                continue
            why = _elsewhere(subject, command, command.calls[:at], path)
            if why is not None:
                yield Unknown(command.line(call.line), path, why, command.step.key)
                continue
            yield from _judged(subject, command, call, script, path)


def _script(call: Call) -> Word | bool | None:
    """True when the call itself is a relative path; the word that is one, when it is given to an interpreter."""
    if call.fixed and _relative(call.raw_name) and call.through[-1:] != ("npx",):
        return True
    if call.name not in _SHELLS and call.name not in _LANGUAGES:
        return None
    first = next((word for word in call.words if word.quoted or not word.text.startswith("-")), None)
    options = [word.text for word in call.options]
    if (
        first is None
        or not first.literal
        or any(text in ("-c", "-m", "-e", "-s", "-") or text.endswith("c") for text in options)
    ):
        return None
    ending = _LANGUAGES.get(call.name)
    return first if _relative(first.text) and (ending is None or first.text.endswith(ending)) else None


def _relative(path: str) -> bool:
    return (
        "/" in path.removeprefix("@")
        and not path.startswith(("/", "~", "$", "@"))
        and "://" not in path
        and not _MADE.search(path)
    )


def _elsewhere(subject: Subject, command: Command, before: tuple[Call, ...], path: str) -> str | None:
    """Why nobody can say where this is run, or what will be there then."""
    for call in before:
        if call.name in ("cd", "pushd") and not (
            call.words and call.words[0].literal and (subject.path.resolve().parent / call.words[0].text).is_dir()
        ):
            return "the command goes to another folder first"
        if opened(call) is not None:
            return "what is open then is another machine's shell"
        if any(text.rpartition("/")[2] == path.rpartition("/")[2] for _, text in call.redirects):
            return "the command itself writes it"
        if (
            call.name in _BRINGS
            and any(path.rpartition("/")[2] in word.text for word in call.words)
            and call.name != "chmod"
        ):
            return "the command itself brings it"
        if call.name in ("git", "tar", "unzip") and {"clone", "checkout"} & set(call.plain[:1]) | (
            {"x"} if call.name != "git" else set()
        ):
            return "the command brings files first"
    steps = command.procedure.steps
    place = next((at for at, one in enumerate(steps) if one is command.step), 0)
    for step in steps[:place]:
        if (
            step.action is not None
            and step.action.language == "bash"
            and re.search(r"^\s*(?:cd|git clone)\s", step.action.command, re.MULTILINE)
        ):
            return "an earlier step goes to another folder"
    return None


def _judged(subject: Subject, command: Command, call: Call, script: Word | bool, path: str) -> Iterator[Fault]:
    direct = script is True
    word_line = script.line if isinstance(script, Word) else call.line
    word_column = script.column if isinstance(script, Word) else call.column
    line, column = subject.at(command, word_line, word_column)
    there = found_script(subject, command, path)
    if there is None:
        yield Fault(
            line,
            f"`{path}` is neither in the runbook's folder nor in its repository",
            column=column,
            step=command.step.key,
            evidence=f"looked in {', '.join(str(one) for one in folders(subject))}",
            suggestion=_suggestion(subject, path),
        )
    elif direct and not os.access(there, os.X_OK):
        yield Fault(
            line,
            f"`{path}` is there and can not be executed",
            column=column,
            step=command.step.key,
            evidence=f"mode {there.stat().st_mode & 0o777:o} of {there}",
            suggestion=f"`chmod +x {path}`, and commit it: `git update-index --chmod=+x {path}`.",
            edits=_through_shell(subject, command, call, there),
        )


def _suggestion(subject: Subject, path: str) -> str:
    name = path.rpartition("/")[2]
    if "backup" in name and name.endswith(".sh"):
        return f"`fireline backup script --to {path}` writes one with full, restore, list, verify and cleanup; or name the right path."
    near = [
        str(found.relative_to(folder))
        for folder in folders(subject)
        for parent in {(folder / path).parent, folder / "scripts", folder / "bin"}
        if parent.is_dir()
        for found in sorted(parent.iterdir())[:500]
        if found.is_file() and difflib.SequenceMatcher(None, found.name, name).ratio() > 0.75  # noqa: PLR2004 - as alike as a slip of the pen
    ]
    return f"Name the right path; there is {near[0]}." if near else "Put it there, or name the right path."


def _through_shell(subject: Subject, command: Command, call: Call, script: Path) -> tuple[Edit, ...]:
    """The same through bash, when that is what it is written for."""
    with script.open("rb") as opened_file:
        first = opened_file.readline(200)
    written = typed(command, call.line)
    if not (first.startswith(b"#!") and b"sh" in first) or written.count(call.raw_name) != 1:
        return ()
    edit = replaced(subject, command, call.line, written.replace(call.raw_name, f"bash {call.raw_name}"))
    return (edit,) if edit else ()


rule = Rule(
    id="script-missing",
    area="shell",
    severity="error",
    summary="A script that is not there",
    why=(
        "A runbook calls `./scripts/restore.sh`, and the script was renamed, never committed, or lost its executable bit. It is looked for "
        "from the runbook's folder up to the root of its repository. Where a command goes to another folder or brings files first, nothing is known."
    ),
    bad="# Data lost\n\n1. **Restore:**\n   ```bash\n   ./scripts/nobody-wrote-this.sh --latest\n   ```\n",
    good="# Data lost\n\n1. **Restore:**\n   ```bash\n   /opt/shop/bin/restore --latest\n   ```\n",
    look=look,
    needs=("files",),
)
