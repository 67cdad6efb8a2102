"""A restore over the database in use, instead of beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.language import placeholders
from fireline.runbook.lint.losing.beside import is_apart, is_roles_only
from fireline.runbook.lint.losing.fences import restores
from fireline.runbook.lint.mending import own_words
from fireline.runbook.lint.mending.rewriting import replaced, typed
from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.scripts import is_ours
from fireline.runbook.lint.shell.call import Call, Word
from fireline.runbook.lint.shell.pipelines import ends
from fireline.runbook.lint.subject import Command, Subject

_DATABASE_TOOLS = {"pg_restore", "psql", "mysql", "mariadb", "mongorestore", "heroku"}
_OF_A_DATABASE = re.compile(r"back-?up|dump|\.sql|database|postgres|\bpg|\bdb\b|mysql", re.IGNORECASE)
_WHOLE_SERVERS = {"pgbackrest", "wal-g", "barman"}  # they restore where no server runs
_OPTIONS_WITH_VALUE = {
    "-d", "-h", "-p", "-U", "-j", "-L", "-n", "-N", "-P", "-I", "-S", "-t", "-T", "-F", "-f", "-v", "-c", "-C",
}  # fmt: skip


def look(subject: Subject) -> Iterator[Fault]:
    """Every command that puts a whole backup into a database which nothing says to be another one."""
    for command in subject.commands:
        for outer in command.calls:
            call = ends(outer)
            why = restores(call)
            if why is None or not _of_a_database(call, command) or is_apart(call, command.procedure):
                continue
            if call.name not in _DATABASE_TOOLS and is_ours(subject, command, call):
                continue
            file = _file(call, command)
            ours = own_words.line(subject, command, f"resolve restore {file}")
            start = _start(outer, command)
            line, column = subject.at(command, start.line, start.column)
            yield Fault(
                line,
                f"{_does(call)} over the database in use: with a backup that is cut or too old, what was there is lost as well",
                column=column,
                step=command.step.key,
                suggestion=f"Restore beside it and compare: `{ours}`; then put it in its place in milliseconds, with the old one kept: `fireline swap latest`.",
                edits=_edits(subject, command, outer, ours) if outer is call or call.place else (),
                severity=None if call.name in _DATABASE_TOOLS else "warning",
            )


def _start(call: Call, command: Command) -> Call:
    """The first of its pipeline, where that begins on the same line: there its mending counts first."""
    if call.pipe < 0:
        return call
    first = next(one for one in command.calls if one.pipe == call.pipe)
    return first if first.line == call.line else call


def _does(call: Call) -> str:
    script = call.name not in _DATABASE_TOOLS
    return f"`{call.raw_name}` restores, as its name says," if script else f"`{call.name}` restores"


def _of_a_database(call: Call, command: Command) -> bool:
    if call.name in _DATABASE_TOOLS:
        return not is_roles_only(call)
    if call.name in _WHOLE_SERVERS:
        return False
    words = " ".join([call.raw_name, *(word.text for word in call.words), command.step.title])
    return bool(_OF_A_DATABASE.search(words)) and (
        call.raw_name.startswith((".", "/")) or "/" in call.raw_name or call.name == "make"
    )


def _file(call: Call, command: Command) -> str:
    """The backup as it is written there; `latest` where nobody has filled it in."""
    word = _dump(call, command)
    if word is None or placeholders.in_command(word.text) or placeholders.CAPITALS.fullmatch(word.text):
        return "latest"
    return word.raw


def _dump(call: Call, command: Command) -> Word | None:
    if call.name == "pg_restore":
        return next(iter(reversed(_bare(call))), None)
    if call.name in ("psql", "mysql", "mariadb"):
        named = next(iter(call.values("-f", "--file")), None)
        read = next((text for sign, text in call.redirects if sign == "<"), None)
        if named is not None or read is not None:
            return named or _as_word(read or "", call)
        first = next((one for one in command.calls if one.pipe == call.pipe and one.place == 0), None)
        if first is None or call.pipe < 0:
            return None
        read = next((text for sign, text in first.redirects if sign == "<"), None)
        if read is not None:
            return _as_word(read, call)
        return next((word for word in reversed(first.words) if word.quoted or not word.text.startswith("-")), None)
    after = [word for word in _bare(call) if word.text != "restore"]
    return after[-1] if after and call.raw_name.startswith((".", "/")) else None


def _as_word(text: str, call: Call) -> Word:
    """What a redirection reads, quoted where it has to be."""
    raw = text if re.fullmatch(r"[\w./~:+-]+", text) else f'"{text}"'
    return Word(text, raw, call.line, 1, literal=True, quoted=False)


def _bare(call: Call) -> list[Word]:
    return [
        word
        for at, word in enumerate(call.words)
        if (word.quoted or not word.text.startswith("-"))
        and (not at or call.words[at - 1].text not in _OPTIONS_WITH_VALUE)
    ]


def _edits(subject: Subject, command: Command, call: Call, ours: str) -> tuple[Edit, ...]:
    """Fireline's line in the place of this one, where the restore is all that stands on it."""
    here = [one for one in command.calls if one.line == call.line]
    together = all(one is call or (one.pipe == call.pipe and call.pipe >= 0) for one in here)
    part = call.name == "pg_restore" and call.has(
        "-t", "--table", "-n", "--schema", "-L", "--use-list", "-I", "--index", "--section"
    )
    spread = part or any(word.line != call.line for one in here for word in one.words)
    if not together or spread or call.here is not None or typed(command, call.line).rstrip().endswith(("\\", "|")):
        return ()
    edit = replaced(subject, command, call.line, ours)
    return (edit,) if edit else ()


rule = Rule(
    id="restore-in-place",
    area="shell",
    severity="error",
    at_times=("warning",),
    summary="A restore over the database in use",
    why=(
        "A backup that is loaded into the database in use meets what is there: rows twice, errors half way, and no way back if the backup "
        "was cut, empty or of the wrong day. Restored beside and compared first, the old database stays untouched until the new one is "
        "proven, and the exchange is a rename. A database that the procedure makes, or that is named as a copy, is left alone."
    ),
    bad="# Data lost\n\n1. **Restore:**\n   ```bash\n   pg_restore --clean --dbname shop /backup/shop.dump\n   ```\n",
    good=(
        "# Data lost\n\n1. **Restore beside:**\n   ```bash\n   fireline resolve restore /backup/shop.dump --target main\n   ```\n"
        "2. **Put it in place:**\n   ```bash\n   fireline swap latest --target main\n   ```\n"
    ),
    look=look,
)
