"""The SQL that bash hands to psql: -c "…", a here-document, a here-string, echo "…" | psql; as far as it is literal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from fireline.runbook.lint.shell.call import Call, Word
from fireline.runbook.lint.shell.calls import calls

# The options of psql that take a value.
_SHORT_WITH_VALUE = "cdfFhLopPRTUv"
_LONG_WITH_VALUE = {
    "--command", "--dbname", "--file", "--field-separator", "--host", "--log-file", "--output", "--port", "--pset",
    "--record-separator", "--table-attr", "--username", "--variable", "--set",
}  # fmt: skip
# Programs that run another one somewhere else, as their words say.
_ELSEWHERE = {"docker", "docker-compose", "podman", "podman-compose", "nerdctl", "kubectl", "oc"}
_INSIDE = re.compile(  # an escape, or what bash puts something for
    r"\\(?P<escaped>[\\\"$`\n])|\$\{[^}\n]*\}|\$\([^()\n]*\)|\$[A-Za-z_][A-Za-z0-9_]*|\$[0-9@*#?!$-]|`[^`\n]*`"
)


@dataclass(frozen=True)
class Embedded:
    """One SQL text for psql. line and column: of its first character in the command, from 1. call: psql's own words."""

    sql: str
    line: int
    column: int
    door: Literal["option", "input"]
    call: Call
    open: bool = False  # bash puts something into it; here the same number of letters x stands for that
    variables: tuple[str, ...] = ()  # that psql is given by -v name=…
    dropped: tuple[int, ...] = ()  # the characters of sql before which an escape was taken away


def embedded(command: str) -> Iterator[Embedded]:
    """Every SQL text in a bash command that is handed to psql as it stands."""
    everything = calls(command)
    for number, call in enumerate(everything):
        client = _psql(call)
        if client is None:
            continue
        options, given = _options(client)
        for word in options:
            yield _text(word, "option", client, given)
        if options or call.here_word is not None:
            if call.here_word is not None and not options:
                yield _text(call.here_word, "input", client, given)
            continue
        before = everything[number - 1] if number and call.place > 0 else None
        if before and before.name == "echo" and before.place == call.place - 1 and before.pipeline == call.pipeline:
            words = [one for one in before.words if one.text not in ("-n", "-e")]
            if len(words) == 1:
                yield _text(words[0], "input", client, given)


def _psql(call: Call) -> Call | None:
    """The call as one of psql itself: also psql in a container, and of Heroku."""
    if call.name == "psql":
        return call
    if call.name == "heroku" and call.plain[:1] == ("pg:psql",):
        at = next(number for number, word in enumerate(call.words) if word.text == "pg:psql")
        return replace(call, name="psql", words=call.words[at + 1 :])
    if call.name in _ELSEWHERE:
        for number, word in enumerate(call.words):
            if word.text.rpartition("/")[2] == "psql" and not word.quoted:
                return replace(call, name="psql", words=call.words[number + 1 :])
    return None


def _options(call: Call) -> tuple[list[Word], tuple[str, ...]]:
    """The words that are SQL, and the names of the variables that are set."""
    sql: list[Word] = []
    given: list[str] = []
    words = list(call.words)
    while words:
        word = words.pop(0)
        name, value = _option(word)
        if name is None:
            continue
        if value is None:
            if not words:
                break
            value = words.pop(0)
        if name in ("c", "--command"):
            sql.append(value)
        elif name in ("v", "--set", "--variable"):
            given.append(value.text.partition("=")[0])
    return sql, tuple(given)


def _option(word: Word) -> tuple[str | None, Word | None]:
    """The option of a word that takes a value, and the value when it is part of the word; None when it takes none."""
    text = word.raw
    if text.startswith("--"):
        name, equals, value = text.partition("=")
        if name not in _LONG_WITH_VALUE:
            return None, None
        return name, _rest(word, value) if equals else None
    if text.startswith("-"):
        for place, letter in enumerate(text[1:], start=2):
            if letter in _SHORT_WITH_VALUE:
                return letter, _rest(word, text[place:]) if text[place:] else None
            if not letter.isalnum() and letter != "?":
                break
    return None, None


def _rest(word: Word, raw: str) -> Word:
    """The end of a word as a word of its own."""
    quoted = raw[:1] in "'\"" and len(raw) > 1 and raw[-1:] == raw[:1]
    column = word.column + len(word.raw) - len(raw) if "\n" not in word.raw else word.column
    return Word(raw[1:-1] if quoted else raw, raw, word.line, column, word.literal, quoted)


def _text(word: Word, door: Literal["option", "input"], call: Call, given: tuple[str, ...]) -> Embedded:
    """The SQL of a word as psql gets it; line ends stay where they are."""
    single = word.raw.startswith("'")
    document = word.raw == word.text and "\n" in word.raw
    written = word.raw[1:-1] if len(word.raw) > 1 and word.raw[0] == word.raw[-1] == '"' else word.text
    sql, dropped = (written, ()) if single or (document and word.quoted) else _unescaped(written)
    column = 1 if document else word.column + (word.raw != word.text)
    if document:  # <<- takes the tabs before its first line
        before = word.column - 1
        sql, dropped = " " * before + sql, tuple(one + before for one in dropped)
    return Embedded(sql, word.line, column, door, call, not word.literal, given, dropped)


def _unescaped(text: str) -> tuple[str, tuple[int, ...]]:
    """The text in double quotes as bash hands it on, letters x for what is not known; and where escapes were."""
    made, dropped, at = "", [], 0
    for found in _INSIDE.finditer(text):
        made += text[at : found.start()]
        at = found.end()
        escaped = found["escaped"]
        if escaped is None:
            made += "x" * len(found[0])
        elif escaped == "\n":
            made += " \n"
        else:
            dropped.append(len(made))
            made += escaped
    return made + text[at:], tuple(dropped)
