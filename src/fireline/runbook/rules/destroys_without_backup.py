"""A command that destroys, before which nothing of its procedure takes a backup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.document import Step
from fireline.runbook.lint.losing.beside import is_apart, is_roles_only
from fireline.runbook.lint.losing.fences import chosen, losses, restores
from fireline.runbook.lint.mending import own_words
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.steps.course import course
from fireline.runbook.lint.steps.saving import saves
from fireline.runbook.lint.subject import Command, Subject

_OF_POSTGRES = {
    "psql",
    "pg_restore",
    "dropdb",
    "pg_resetwal",
    "pg_rewind",
    "prisma",
    "rails",
    "rake",
    "alembic",
    "supabase",
}
# Where an **Undo:** says that it comes from.
_FROM = re.compile(
    r"\b(?:archiv\w*|back-?ups?|dumps?|snapshots?|vault|sicherung\w*|sauvegarde\w*|respaldo\w*)\b|\.(?:csv|sql|dump|gz|tar)\b",
    re.IGNORECASE,
)
_OF_A_DATABASE = re.compile(r"[A-Z]{4,}|dropdb|column|dump|database|backup into")
_KEPT_COPIES = re.compile(r"dump|back-?up|sicherung|sauvegarde|respaldo|snapshot", re.IGNORECASE)
_AGES = ("-mtime", "-mmin", "-ctime", "-cmin")
_BARE = 2  # words: "none", "none needed"


def look(subject: Subject) -> Iterator[Fault]:
    """Every loss of a step that is carried out, with no step before it, and no command, that keeps a copy."""
    for command in subject.commands:
        lost = losses(subject, command) if command.role in ("action", "alternative") else []
        if not lost or course(subject, command.procedure).saved_before(command.step):
            continue
        for line, why in lost:
            if _says_how(command.step, why) or _kept(command, line) or _beside(command, line) or chosen(command, line):
                continue
            yield Fault(
                line,
                f"{why}, and no step before it takes a backup",
                step=command.step.key,
                suggestion=_suggestion(subject, command, line),
            )


def _says_how(step: Step, why: str) -> bool:
    """Whether its **Undo:** says where it comes from again; of what is no table or database, also why nothing is lost."""
    text = step.undo_text or ""
    if step.undo is not None or _FROM.search(text):
        return True
    return not _OF_A_DATABASE.search(why) and len(text.split()) > _BARE


def _suggestion(subject: Subject, command: Command, line: int) -> str:
    here = {call.name for call in command.calls if command.line(call.line) == line}
    restored = any(restores(call) for call in command.calls if command.line(call.line) == line)
    if command.language == "sql" or here & _OF_POSTGRES or restored:
        return f"Put a step before it: `{own_words.line(subject, command, 'backup create')}`."
    return "Put a step before it that keeps a copy, or makes sure that there is one."


def _kept(command: Command, line: int) -> bool:
    """Whether a call of the same fence, above it, keeps a copy."""
    return any(
        saves(call) for call in command.calls if command.line(call.line) < line or _first(command, call.line, line)
    )


def _first(command: Command, own: int, line: int) -> bool:
    """Whether more stands on this line: a copy made there comes first, or the loss would not wait for it."""
    return command.line(own) == line and len([call for call in command.calls if command.line(call.line) == line]) > 1


def _beside(command: Command, line: int) -> bool:
    return any(
        is_apart(call, command.procedure) or is_roles_only(call) or _is_local(call) or _is_old_copies(call)
        for call in command.called.get(line, ())
    )


def _is_old_copies(call: Call) -> bool:
    """Whether it removes backups by their age: nobody takes a backup of backups."""
    return call.name == "find" and call.has(*_AGES) and any(_KEPT_COPIES.search(word.text) for word in call.words)


def _is_local(call: Call) -> bool:
    """Whether it is the copy of the database on this machine that is emptied."""
    return call.name == "supabase" and not call.has("--linked", "--db-url", "--project-ref")


rule = Rule(
    id="destroys-without-backup",
    area="shell",
    severity="warning",
    summary="Something is destroyed, and nothing is backed up before",
    why=(
        "A dropped table, an emptied store, a restore over what is there: if it was the wrong one, the last backup is of last night. "
        "A step before it that takes a backup costs minutes. Rows that a WHERE chooses, databases beside the one in use and folders that "
        "can be made again are left alone, and so is a step whose **Undo:** says where it comes from again, or why nothing is lost."
    ),
    bad="# Disk full\n\n1. **Make room:**\n   ```sql\n   TRUNCATE audit_log;\n   ```\n",
    good=(
        "# Disk full\n\n1. **Take a backup:**\n   ```bash\n   fireline backup create --target main\n   ```\n"
        "2. **Make room:**\n   ```sql\n   TRUNCATE audit_log;\n   ```\n"
    ),
    look=look,
)
