"""A password or a token that stands in the runbook, or on a command line where everybody on the machine can read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fireline.runbook.language import placeholders
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.shell.call import Call, Word
from fireline.runbook.lint.shell.calls import assignments
from fireline.runbook.lint.shell.carried import everywhere
from fireline.runbook.lint.shell.runners import option_names
from fireline.runbook.lint.subject import Command, Subject

_OPTIONS = option_names(
    "--password --passwd --pass --token --api-key --apikey --api-token --auth-token --access-token --secret --secret-key "
    "--client-secret --secret-access-key --bearer --rootpw --admin-password --db-password --auth --requirepass"
)
# Options with one letter that are a password in these programs only.
_LETTERS = {
    "redis-cli": "-a", "sshpass": "-p", "ldapsearch": "-w", "ldapmodify": "-w", "mongosh": "-p", "mongo": "-p", "mongodump": "-p",
    "mongorestore": "-p", "sqlcmd": "-P", "docker": "-p", "podman": "-p", "cqlsh": "-p", "kcadm.sh": "-p",
}  # fmt: skip
_MYSQL = {"mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump", "mysqlcheck", "mysqlimport"}
_NAMES = re.compile(
    r"(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_KEY|SECRET_KEY|PRIVATE_KEY|AUTH_KEY|_PASS|^PGPASSWORD|_PWD|REDISCLI_AUTH)$",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"^(?:authorization:\s*(?:bearer|basic|token|apikey)\s+|(?:x-)?(?:api-?key|auth-token|access-token)\s*:\s*|private-token:\s*)(?P<value>.+)$",
    re.IGNORECASE,
)
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://(?P<user>[^\s:/@]*):(?P<value>[^\s/@]+)@(?P<host>[^\s/:?]*)", re.IGNORECASE)
_SHAPES = re.compile(
    r"\b(?:sk|pk|rk)_(?:live|test)_\w{8,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bxox[abprs]-[\w-]{10,}|\bAKIA[0-9A-Z]{16}\b|\bglpat-[\w-]{16,}"
    r"|\bsntrys_\w{10,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bsbp_[0-9a-f]{20,}|\bhvs\.\w{20,}|\bnpm_\w{30,}"
)
# What an author writes where a secret would stand.
_NONE = re.compile(
    r"(?:pass(?:word|wd|wort)?|secret|token|changeme|example|dummy|xxx+|\*+|\.{3,}|…|your.*|my.*|some.*|none|null|true|false|null|redacted|hidden|bearer"
    r"|\(.*\)|<.*|\[.*|\{\{.*|%.*%|file:.*|env:.*|pass:|@.*|-|prompt)",
    re.IGNORECASE,
)
_LOCAL = {"localhost", "127.0.0.1", "::1", "host.docker.internal"}
_SHORTEST = 4


@dataclass(frozen=True)
class _Found:
    """A secret among the words. value: never shown."""

    value: str
    word: Word
    where: str  # "in its address", "of --password"
    instead: str


_FILE = "Let the program read it from a file or its environment, filled from the team's vault"


def look(subject: Subject) -> Iterator[Fault]:
    """Every literal secret, and every one in a variable that the list of processes would show."""
    for command in (*subject.commands, *subject.sentences):
        told: set[tuple[int, int]] = set()
        for call in everywhere(command.calls):
            for found in _secrets(call):
                place = (found.word.line, found.word.column)
                fault = None if place in told else _fault(subject, command, call, found)
                if fault is not None:
                    told.add(place)
                    yield fault
        yield from _set_alone(subject, command, told)


def _fault(subject: Subject, command: Command, call: Call, found: _Found) -> Fault | None:
    if (
        not found.value
        or _NONE.fullmatch(found.value)
        or placeholders.in_command(found.value)
        or placeholders.CAPITALS.fullmatch(found.value)
    ):
        return None
    line, column = subject.at(command, found.word.line, found.word.column)
    if "$" not in found.value and "`" not in found.value:
        if len(found.value) < _SHORTEST and "set" not in found.where:
            return None
        return Fault(
            line,
            f"a secret stands in the runbook, {found.where} of `{call.name}`",
            column=column,
            step=command.step.key,
            suggestion=f"{found.instead}, and change it: who can read this file has it.",
        )
    if found.where.startswith(("in a header", "set for", "given")):
        return None
    return Fault(
        line,
        f"the secret {found.where} of `{call.name}` is shown to everybody on the machine by the list of processes",
        column=column,
        step=command.step.key,
        suggestion=f"{found.instead}.",
        severity="info",
    )


def _secrets(call: Call) -> Iterator[_Found]:
    for name, word in call.assigned:
        if _NAMES.search(name):
            yield _Found(word.text, word, f"set for the environment ({name})", "Take it from a parameter or the vault")
    for word in call.words:
        yield from _in_word(call, word)
    yield from _in_options(call)


def _in_word(call: Call, word: Word) -> Iterator[_Found]:
    for url in _URL.finditer(word.text):
        if not (url["host"] in _LOCAL and url["user"] == url["value"]):
            client = call.name in ("psql", "pg_dump", "pg_restore", "createdb", "dropdb")
            yield _Found(
                url["value"],
                word,
                "in the address",
                "Leave it out of the address: ~/.pgpass or PGPASSFILE has it" if client else _FILE,
            )
    header = _HEADER.match(word.text)
    if header and call.name in ("curl", "wget", "http", "https", "xh", "hey", "ab"):
        yield _Found(
            header["value"].strip(),
            word,
            "in a header",
            "Take it from a variable, or let curl read the header from a file: -H @FILE",
        )
    name, equals, value = word.text.partition("=")
    if (
        equals
        and " " not in value
        and name.isidentifier()
        and _NAMES.search(name)
        and call.name not in ("export", "echo", "printf", "grep", "unset")
    ):
        yield _Found(value, word, f"given as {name}", _FILE)
    shape = _SHAPES.search(word.text)
    if shape and not header:
        yield _Found(shape[0], word, "among the words", _FILE)


def _in_options(call: Call) -> Iterator[_Found]:
    for option in _OPTIONS:
        for word in (
            call.values(option)
            if call.name not in ("psql", "pg_dump", "pg_restore", "createuser", "vault", "grep")
            else ()
        ):
            if not word.text.startswith("-"):
                yield _Found(word.text, word, f"after {option}", _FILE)
    letter = _LETTERS.get(call.name)
    if letter and (call.name not in ("docker", "podman") or call.plain[:1] == ("login",)):
        instead = "Put it into REDISCLI_AUTH" if call.name == "redis-cli" else _FILE
        yield from (_Found(word.text, word, f"after {letter}", instead) for word in call.values(letter))
    if call.name in _MYSQL:
        for word in call.words:
            if word.text.startswith("-p") and len(word.text) > 2 and not word.text.startswith("--"):  # noqa: PLR2004 - -p and a letter
                yield _Found(word.text[2:], word, "after -p", "Put it into an option file: --defaults-extra-file")
    if call.name in ("curl", "wget"):
        for word in call.values("-u", "--user", "--proxy-user"):
            user, colon, value = word.text.partition(":")
            if colon and (value or _SHAPES.search(user) or len(user) > 20):  # noqa: PLR2004 - longer than a name
                yield _Found(value or user, word, "after -u", "Let curl read it: --netrc-file FILE, or --config FILE")


def _set_alone(subject: Subject, command: Command, told: set[tuple[int, int]]) -> Iterator[Fault]:
    """`export TOKEN=abc` on a line of its own."""
    for call_name, word in assignments(command.action.command) if command.language == "bash" else ():
        if _NAMES.search(call_name) and (word.line, word.column) not in told and word.literal:
            found = _Found(
                word.text, word, f"set for the environment ({call_name})", "Take it from a parameter or the vault"
            )
            fault = _fault(subject, command, Call("export", "export", (), word.line, word.column), found)
            if fault is not None:
                yield fault


rule = Rule(
    id="secret-in-arguments",
    area="shell",
    severity="error",
    at_times=("info",),
    summary="A secret in the runbook or on the command line",
    why=(
        "A password in a runbook is known to everybody who can read the repository, for ever. One on a command line is shown by `ps` to "
        "everybody on the machine while the command runs, and stays in the shell's history. Programs take secrets from files and the "
        "environment; a step takes them from a parameter that is declared secret. Literal secrets are errors; variables on the command "
        "line are mentioned for information."
    ),
    bad="# Cache full\n\n1. **Look:**\n   ```bash\n   redis-cli -h cache-1 -a 'Tr0ub4dor&3' info memory\n   ```\n",
    good='# Cache full\n\n1. **Look:**\n   ```bash\n   REDISCLI_AUTH="$CACHE_PASSWORD" redis-cli -h cache-1 info memory\n   ```\n',
    look=look,
)
