"""Whether a database is one beside the one in use: made in the same procedure, or named as a copy, a rehearsal, a probe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from fireline.runbook.document import Procedure
from fireline.runbook.lint.shell.call import Call, Word
from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.steps.purpose import commands_of

_APART = re.compile(
    r"(?:^|[^a-z])(?:rehears\w*|compar\w*|prob[ea]\w*|scratch|te?mp|temporary|restored?|beside|verif\w*|drill|sandbox|cop(?:y|ia|ie)"
    r"|clone|staging|test\w*|check|spare|dev|new|neu|kopie|prueba|prova|essai|ensayo|shadow|side|sidecar|recovery|localhost)(?:$|[^a-z])",
    re.IGNORECASE,
)
_MAKES = re.compile(r"\bcreate\s+database\s+\"?(\w+)", re.IGNORECASE)
_NAMED = {
    "pg_restore": ("-d", "--dbname"),
    "psql": ("-d", "--dbname"),
    "dropdb": (),
    "createdb": (),
    "mysql": ("-D", "--database"),
}
_TAKES = {
    "-h",
    "-p",
    "-U",
    "-d",
    "-c",
    "-f",
    "-v",
    "-P",
    "-F",
    "-R",
    "-o",
    "-L",
    "-T",
    "-D",
    "-t",
    "-n",
    "-j",
    "-W",
    "-u",
    "-E",
    "-O",
    "-l",
}
_ROLES = re.compile(r"globals?\b|roles?\b|grants?\b", re.IGNORECASE)
_FOLDERS = ("--pg1-path", "--db-path", "--target-path")  # a restore into a folder of its own


def is_apart(call: Call, procedure: Procedure) -> bool:
    """Whether the database that this call works on is a copy, as its name, its host or the procedure says."""
    if call.has(*_FOLDERS):
        return True
    words = list(_databases(call)) + list(call.values("-h", "--host"))
    if any(_APART.search(_name(word)) for word in words):
        return True
    if _APART.search(re.sub(r"[^\w]+", " ", procedure.title)) and re.search(
        r"rehears|drill|test|verif|prob", procedure.title, re.I
    ):
        return True
    names = {_name(word) for word in _databases(call) if word.literal}
    made, dropped = _made(procedure)
    return bool(names) and names <= made - dropped


def is_roles_only(call: Call) -> bool:
    """Whether what psql reads holds roles and settings, by its name, and no data."""
    files = [
        *(word.text for word in call.values("-f", "--file")),
        *(text for sign, text in call.redirects if sign == "<"),
    ]
    return call.name == "psql" and bool(files) and all(_ROLES.search(one) for one in files)


def _databases(call: Call) -> Iterator[Word]:
    named = call.values(*_NAMED.get(call.name, ())) if _NAMED.get(call.name) else ()
    if named:
        yield from named
    elif call.name in ("psql", "dropdb", "createdb", "mysql"):
        yield from _bare(call)[:1]


def _bare(call: Call) -> list[Word]:
    """The words that are neither options nor the values of those with one letter."""
    return [
        word
        for at, word in enumerate(call.words)
        if (word.quoted or not word.text.startswith("-")) and (not at or call.words[at - 1].text not in _TAKES)
    ]


def _name(word: Word) -> str:
    """The name of a database of a word that may be its URL; of a variable it is the variable's."""
    text = word.text
    if "://" in text:
        parts = urlsplit(text)
        return f"{parts.path.strip('/')} {parts.hostname or ''}"
    return re.sub(r"([a-z])([A-Z])|_", r"\1 \2", text)


def _made(procedure: Procedure) -> tuple[set[str], set[str]]:
    """The databases that a procedure creates, and those that it drops."""
    made: set[str] = set()
    dropped: set[str] = set()
    for step in procedure.steps:
        for action in commands_of(step):
            if action.language == "sql":
                made |= {re.sub("_", " ", name) for name in _MAKES.findall(action.command)}
                continue
            for call in calls(action.command) if action.language == "bash" else ():
                if call.name in ("createdb", "dropdb"):
                    known = made if call.name == "createdb" else dropped
                    known |= {_name(word) for word in _bare(call)[:1]}
    return made, dropped
