"""Something that the author left open: a path, an id, a TODO. At night it is pasted as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook import shell
from fireline.runbook.language import placeholders
from fireline.runbook.lint.page import Passage, fences, for_contacts, passages, sections
from fireline.runbook.lint.rule import Edit, Fault, Rule, Severity
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.reading.fence import read

# Words of an id that only the incident gives; other words in capitals may be a constant of the program.
_VALUE = {
    "id", "name", "arn", "host", "hostname", "url", "tag", "path", "file", "token", "ip", "db", "database", "user", "username",
    "version", "revision", "sha", "commit", "number", "key", "password", "email", "address", "namespace", "pod", "node", "cluster",
    "instance", "bucket", "region", "project", "service", "date", "time", "timestamp", "port", "branch", "build", "snapshot",
    "backup", "group", "channel", "uuid", "pid", "release", "container", "table", "deployment", "slot", "server",
}  # fmt: skip
_NAMES_A_SETTING = re.compile(
    r"(?:^|[:_-])(?:env|secrets?|config|vars?|variables?|params?|parameters?|settings?|setx?|unset)$"
)
_ASKS = re.compile(r"[<{\[\s]*(?:your|insert|enter|todo|tbd|fill|replace|change|xxx)\b", re.IGNORECASE)
_TAGS = {
    "html",
    "head",
    "body",
    "title",
    "p",
    "br",
    "a",
    "b",
    "i",
    "div",
    "span",
    "h1",
    "h2",
    "ul",
    "li",
    "none",
    "unset",
    "unknown",
}
_MORE = re.compile(
    r"\byour[-_][a-z][\w-]*|\b(?:change-?me|replace-?me|fix-?me)\b|\b[\w.-]*(?<![\w\\])x{5,}[\w.-]*|\b[a-z]+-x{4,}\b"
    r"|(?<![\w.~-])/?(?:chemin/vers|pfad/zu[rm]?|ruta/(?:al?|hacia)|percorso/(?:del|al|verso)|caminho/para|pad/naar)/[^\s'\"`;|&<>(),]*"
    r"|\bx{3}\.x{3}\.x{3}\.x{3}\b",
    re.IGNORECASE,
)
_UNDONE = re.compile(r"\b(?:TODO|FIXME|TBD|TBC|XXX)\b")
_OF_UNDONE = re.compile(  # TODO comments, the TODO list: what is spoken of, not what is left to do
    r"\s+(?:comments?|notes?|lists?|items?|entries|entry|markers?|tags?|labels?|column|board|page|app|kommentare?|liste)\b"
    r"|(?<=TODO)s\b",
    re.IGNORECASE,
)
_DOUBLE = re.compile(
    r"(?<!<)<<(?=[^<>\n]{0,60}[A-Za-z])[^<>\s][^<>\n]{0,60}>>(?!>)"
)  # <<TICKET NUMBER>>, as letters are merged
_LOREM = re.compile(r"\blorem ipsum\b", re.IGNORECASE)
_FORM = re.compile(
    r"\b(?:templates?|vorlagen?|mod[eè]les?|plantillas?|examples?|post-?\s?mortem|beispiele?)\b", re.IGNORECASE
)


def look(subject: Subject) -> Iterator[Fault]:
    """Every placeholder in a command, in a sentence or in a heading; what is missing of a contact is another rule's."""
    said: set[tuple[int, str]] = set()
    declared = subject.book.front_matter.get("params")
    asked = set(declared) if isinstance(declared, dict) else set()
    for fault, token in (*_in_commands(subject, asked), *_by_hand(subject), *_in_prose(subject)):
        if (fault.line, token) not in said:
            said.add((fault.line, token))
            yield fault


def _in_commands(subject: Subject, asked: set[str]) -> Iterator[tuple[Fault, str]]:
    for command in subject.commands:
        for number, line in enumerate(command.action.command.split("\n"), start=1):
            for token in _tokens(command, line, number):
                severity = _severity(command, token, number)
                if severity is not None and placeholders.name_of(token) not in asked:
                    yield _fault(subject, command, command.line(number), token, severity), token
            comment = line.lstrip()
            if _is_comment(comment, command.language) and (undone := _UNDONE.search(comment)):
                yield _undone(subject, command.line(number), undone[0], command.step.key), undone[0]


def _by_hand(subject: Subject) -> Iterator[tuple[Fault, str]]:
    """Commands that no machine carries out, because a value would stand in the middle of another program's text."""
    known = {one.action.line for one in subject.commands}
    for block in fences(subject.text):
        fence = read(block)
        if fence.action.language == "text" or block.first in known:
            continue
        for number, line in enumerate(block.content.split("\n")):
            tokens = [line[start:end] for start, end in placeholders.in_command(line)]
            for token in [] if _is_comment(line, fence.action.language) else dict.fromkeys(tokens):
                told = token.startswith(("<", "{{")) and not _ASKS.match(token)
                if token.strip("<>").casefold() not in _TAGS:
                    yield _told(subject, block.first + number, token, "info" if told else "error"), token


def _told(subject: Subject, line: int, token: str, severity: Severity) -> Fault:
    return Fault(
        line,
        f"`{token}` was never filled in, and stands where nothing can be filled in at run time",
        subject.column(line, token),
        suggestion="Write what it is, or take the value from a variable of the outer command.",
        severity=severity,
    )


def _is_comment(line: str, language: str) -> bool:
    """Whether a line is only a comment; a line of bash that begins with -- goes on with options."""
    return line.lstrip().startswith("--" if language == "sql" else "#")


def _tokens(command: Command, line: str, number: int) -> list[str]:
    """The tokens of one line of a command."""
    if _is_comment(line, command.language):
        return []
    found = [line[start:end] for start, end in placeholders.in_command(line)]
    at = command.line(number)
    found += [one.token for one in command.step.parameters if one.kind == "placeholder" and one.line == at]
    found += [one[0] for one in _MORE.finditer(line) if not any(one[0] in token for token in found)]
    return [one for one in dict.fromkeys(found) if one in line]


def _severity(command: Command, token: str, number: int) -> Severity | None:
    """How bad it is that this stands there; None when it is no placeholder."""
    inner = token.strip("<>{}[] ").casefold()
    calls = [call for call in command.calls if any(token in word.raw for word in call.words)]
    if _MORE.fullmatch(token):
        return None if any(call.name == "mktemp" for call in calls) else "error"
    if placeholders.CAPITALS.fullmatch(token) and not placeholders.CERTAIN.fullmatch(token):
        if any(_NAMES_A_SETTING.search(word) for call in calls for word in (call.name, *call.plain[:3])):
            return None
        if any(call.name == "heroku" for call in calls):
            return None  # pg:reset DATABASE_URL names a setting
        return "error" if inner.rpartition("_")[2] in _VALUE else "info"
    if token.startswith(("<", "{{")):
        if inner in _TAGS:
            return None
        return "error" if _ASKS.match(token) else "info"
    return "error"


def _fault(subject: Subject, command: Command, line: int, token: str, severity: Severity) -> Fault:
    name = placeholders.name_of(token)
    variable = f'"${name}"' if command.language == "bash" else f":'{name.lower()}'"
    if severity == "info":
        message = f"`{token}` is asked for at run time; pasted into a shell it fails"
        suggestion = f"Write {variable}, which can be set beforehand and can not be pasted by mistake."
    else:
        message = f"`{token}` was never filled in"
        suggestion = f"Write what it is, or {variable} when only the incident tells."
    at, edits = subject.column(line, token), _variable(subject, command, line, token)
    return Fault(line, message, at, command.step.key, suggestion=suggestion, edits=edits, severity=severity)


def _variable(subject: Subject, command: Command, line: int, token: str) -> tuple[Edit, ...]:
    """A variable in the place of what only the incident tells, quoted as the place needs; none where none can stand."""
    if command.language != "bash" or command.numbers:
        return ()
    script = shell.script(command.action.command)
    if token in script.unbound or token not in {one.token for one in script.opens}:
        return ()
    number = line - command.action.line
    before, after = command.action.command.split("\n")[number], script.command.split("\n")[number]
    shown = subject.lines[line - 1]
    return (Edit(line, line, shown.replace(before, after, 1)),) if before and before in shown else ()


def _undone(subject: Subject, line: int, word: str, step: str | None = None) -> Fault:
    return Fault(
        line,
        f"{word}: this was never finished",
        subject.column(line, word),
        step,
        suggestion="Finish it, or take it away.",
        severity="warning",
    )


def _in_prose(subject: Subject) -> Iterator[tuple[Fault, str]]:
    unreached = {one.line for one in subject.book.contacts} | {
        one.line for one in passages(subject.text) if for_contacts(one.path)
    }
    for section in sections(subject.text):
        for token in placeholders.IN_PROSE.findall(section.title):
            yield _open(subject, section.line, token, "warning"), token
        for token in _UNDONE.findall(section.title):
            yield _undone(subject, section.line, token), token
    for passage in passages(subject.text):
        for line, token in _open_in(passage):
            if line in unreached:
                continue
            if _UNDONE.fullmatch(token):
                yield _undone(subject, line, token), token
            else:
                yield _open(subject, line, token, "info" if _is_form(passage) else "warning"), token


def _open_in(passage: Passage) -> Iterator[tuple[int, str]]:
    """What stands open in the words of a paragraph, its code not counted."""
    for run in passage.prose.runs:
        if run.code or run.href is not None:
            continue
        for pattern in (placeholders.IN_PROSE, _UNDONE, _LOREM, _DOUBLE):
            for one in pattern.finditer(run.text):
                if pattern is not _UNDONE or not _OF_UNDONE.match(run.text, one.end()):
                    yield passage.line + run.line, one[0]


def _is_form(passage: Passage) -> bool:
    """Whether it is meant to be filled in at the incident: a message, a template of a post-mortem."""
    told = bool(passage.kinds & {"communication", "process"})
    return told or passage.quoted or any(_FORM.search(title) for title in passage.path)


def _open(subject: Subject, line: int, token: str, severity: Severity) -> Fault:
    return Fault(
        line,
        f"“{token}” was never filled in",
        subject.column(line, token),
        suggestion="Write what it stands for.",
        severity=severity,
    )


rule = Rule(
    id="placeholder",
    area="document",
    severity="error",
    at_times=("warning", "info"),
    summary="A placeholder that nobody filled in",
    why=(
        "`/path/to/backup.sql.gz` and `BUILD_ID` are pasted as they stand by somebody who is tired. In a command that is an error, in "
        "a sentence a warning. `<pod>` is only said for information: everybody sees that it is to be replaced, only the incident "
        "tells by what, and Fireline asks for it. What the front matter declares under `params` is no placeholder; nor is a form "
        "that is filled in at the incident, such as a message to users."
    ),
    bad=(
        "# Outage\n\n1. **Restore:**\n   ```bash\n   ./restore.sh /path/to/backup.sql.gz\n   ```\n2. **Tell** [insert name] that TODO\n"
    ),
    good='# Outage\n\n1. **Restore:**\n   ```bash\n   ./restore.sh "$BACKUP"\n   ```\n2. **Tell** #incidents\n',
    look=look,
)
