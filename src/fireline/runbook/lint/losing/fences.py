"""Whether a command of a runbook loses data or puts a backup over what is there, and where."""

from __future__ import annotations

import re

from fireline.runbook.lint.losing.calls import begins, given_to, loses, sql_in
from fireline.runbook.lint.losing.sql import dropped, losing_sql
from fireline.runbook.lint.scripts import is_ours
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.shell.carried import everywhere
from fireline.runbook.lint.subject import Command, Subject

_UNPACKERS = {
    "gunzip",
    "zcat",
    "gzip",
    "zstd",
    "zstdcat",
    "unzstd",
    "xzcat",
    "xz",
    "bzcat",
    "bunzip2",
    "lz4",
    "pigz",
    "age",
}
_DUMP_NAME = re.compile(r"dump|back-?up|restore|\.sql\.(?:gz|zst|xz|bz2|lz4)", re.IGNORECASE)
_RESTORERS: dict[str, tuple[str, ...]] = {
    "mongorestore": (),
    "pgbackrest": ("restore",),
    "wal-g": ("backup-fetch",),
    "barman": ("recover",),
    "restic": ("restore",),
    "velero": ("restore", "create"),
    "heroku": ("pg:backups:restore",),
    "etcdctl": ("snapshot", "restore"),
    "gcloud": ("sql", "backups", "restore"),
}
_OTHER_RESTORE = {
    "git",
    "dotnet",
    "nuget",
    "fireline",
    "aws",
    "az",
    "gcloud",
    "restorecon",
    "iptables-restore",
    "kubectl",
}
_OTHER_RESTORE |= {
    "ip6tables-restore",
    "echo",
    "printf",
    "grep",
    "cat",
    "ls",
    "less",
    "tail",
    "head",
    "cd",
    "mkdir",
    "find",
}
_BESIDE = re.compile(  # names of a database that is nobody's live one
    r"(?:^|[_-])(?:probe|restored?|tmp|temp|scratch|test|verify|drill|staging|copy|new|beside|check|kopie|shadow|candidate|sandbox|recovery"
    r"|recovered|side|prueba|essai|prova)(?:\d*$|[_-])",
    re.IGNORECASE,
)
_CHOSEN = re.compile(r"\s*(?:with\b.*)?\b(?:update|delete)\b.*\bwhere\b", re.IGNORECASE | re.DOTALL)
_CLIENTS = {"psql", "mysql", "mariadb"}


def losses(subject: Subject, command: Command) -> list[tuple[int, str]]:
    """Why a fence loses data that was committed or replaces it by a backup, in words, with the line of the file of each place."""
    known = subject.memory.setdefault(
        "losses", {}
    )  # by number, with the command itself, so that no other gets its number
    if id(command) not in known:
        known[id(command)] = (command, _losses(subject, command))
    found: list[tuple[int, str]] = known[id(command)][1]
    return found


def _losses(subject: Subject, command: Command) -> list[tuple[int, str]]:
    if command.language == "sql":
        if losing_sql(command.action.command) is None:
            return []
        each = [
            (one.line, losing_sql(one.sql))
            for one in command.statements
            if not _own(dropped(one.sql), command, one.line)
        ]
    else:
        each = [
            (call.line, loses(call) or _over(call, command))
            for call in everywhere(command.calls)
            if not is_ours(subject, command, call)
            and not (call.name == "dropdb" and _own(call.plain[-1:], command, call.line))
        ]
    return [(command.line(line), why) for line, why in each if why]


def chosen(command: Command, line: int) -> bool:
    """Whether all that is lost at a line of the file is rows which a WHERE chooses, in SQL or in what bash gives a client."""
    if command.language == "sql":
        texts = [[one.sql] for one in command.stated.get(line, ()) if losing_sql(one.sql)]
        return _all_chosen(texts)
    here = [call for call in command.called.get(line, ()) if loses(call)]
    return _all_chosen([[text for text in sql_in(call) if losing_sql(text)] for call in here])


def _all_chosen(lost: list[list[str]]) -> bool:
    parts = [part for texts in lost for text in texts for part in text.split(";") if losing_sql(part)]
    return bool(parts) and all(lost) and all(_CHOSEN.match(part) for part in parts)


def restorings(subject: Subject, command: Command) -> list[tuple[int, str]]:
    """Only what puts a backup in the place of what is there, with the line of the file; a copy beside it is none."""
    return [
        (command.line(call.line), why)
        for call in everywhere(command.calls)
        if (why := _over(call, command)) and not is_ours(subject, command, call)
    ]


def _own(names: tuple[str, ...], command: Command, line: int) -> bool:
    """Whether these databases were made by the procedure itself, or for a trial."""
    if not names:
        return False
    made = _made(command, line)
    return all(name in made or _BESIDE.search(name) for name in names)


def _over(call: Call, command: Command) -> str | None:
    """Why a call restores over something; None also when it does so into a database that was made for it."""
    why = restores(call)
    if why is None:
        return None
    into = set(call.plain) if call.name in _CLIENTS else set()
    for word in (*given_to(call, "-d", "--dbname", "--database"), *(word.text for word in call.words)):
        name, equals, value = word.partition("=")
        into |= {value} if equals and name in ("--dbname", "--database", "-d") else set()
    into |= set(given_to(call, "-d", "--dbname", "--database"))
    names = {one.rpartition("/")[2].partition("?")[0] for one in into}
    return None if any(_BESIDE.search(one) for one in names) or names & _made(command, call.line) else why


def _made(command: Command, line: int) -> set[str]:
    """The databases that the procedure itself has made before this line of the fence."""
    names: set[str] = set()
    for step in command.procedure.steps:
        for action in (step.before, step.action, *step.alternatives):
            if action is None or action.line > command.action.line:
                continue
            typed = action.command.split("\n")
            names |= _makes(
                action.language, "\n".join(typed[: line - 1] if action.line == command.action.line else typed)
            )
    return names


def _makes(language: str, text: str) -> set[str]:
    names = set(re.findall(r"\bcreate\s+database\s+\"?(\w+)", text, re.IGNORECASE))
    if language == "bash":
        names |= {one.plain[-1] for one in calls(text) if one.name == "createdb" and one.plain}
    return names


def restores(call: Call) -> str | None:
    """Why this call puts a backup into a database that may hold something, in words; None when it does not."""
    words = call.plain
    if call.name == "pg_restore":
        into_text = call.has("-l", "--list", "-f", "--file")
        return None if into_text else "`pg_restore` writes a backup into a database"
    if call.name in _CLIENTS:
        return f"`{call.name}` runs a whole dump" if _reads_dump(call) else None
    wanted = _RESTORERS.get(call.name)
    if wanted is not None:
        return (
            f"`{' '.join((call.name, *wanted))}` puts a backup in the place of what is there"
            if begins(wanted, words)
            else None
        )
    if call.name in _OTHER_RESTORE or call.name.startswith("mkfs"):
        return None
    named = re.split(r"[^a-z]+", call.name.casefold())
    told = "restore" in named or (call.name != "make" and "restore" in [word.casefold() for word in words[:2]])
    target = call.name == "make" and any(word.startswith(("restore", "db-restore")) for word in words[:1])
    return (
        f"`{' '.join((call.raw_name, *words[:1]))}` puts a backup in the place of what is there"
        if told or target
        else None
    )


def _reads_dump(call: Call) -> bool:
    before = call.pipeline[: call.place]
    if before:
        return bool(_UNPACKERS & set(before)) or before[-1] in ("pg_restore", "pg_dump", "mysqldump")
    files = [text for sign, text in call.redirects if sign == "<"]
    for number, word in enumerate(call.words[:-1]):
        if word.text in ("-f", "--file"):
            files.append(call.words[number + 1].text)
    return any(_DUMP_NAME.search(one) for one in files)
