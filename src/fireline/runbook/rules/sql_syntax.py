"""SQL that PostgreSQL's own grammar refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from postgast import PgQueryError, parse

from fireline.runbook.lint.database.nearest import alike
from fireline.runbook.lint.mending.wording import replaced
from fireline.runbook.lint.rule import Edit, Fault, Rule, Unknown
from fireline.runbook.lint.sql.places import Place
from fireline.runbook.lint.sql.statements import Piece, Script
from fireline.runbook.lint.subject import Subject

_WORDS = tuple(
    """
    select from where group order having limit join left inner outer update delete insert into values set create alter
    drop table index begin commit rollback vacuum analyze explain and between interval distinct truncate reindex grant revoke
    """.split()  # noqa: SIM905 - a list of words reads better so
)
# The console of pgbouncer, and what only other databases know.
_CONSOLE = re.compile(
    r"\s*(?:PAUSE|RESUME|RELOAD|RECONNECT|KILL|SUSPEND|SHUTDOWN|DISABLE|ENABLE|WAIT_CLOSE)\b[\s\w\"-]*", re.IGNORECASE
)
_OTHER = re.compile(
    r"`\w|\\G\b|\bSHOW\s+(?:FULL|ENGINE|SLAVE|REPLICA|MASTER)\b|\bSELECT\s+TOP\s+\d|^\s*GO\s*$|\bEXEC\s+sp_|\[dbo\]"
    r"|\bFROM\s+v\$|\bALTER\s+SYSTEM\s+KILL\b|\bAUTO_INCREMENT\b|\bPRAGMA\b",
    re.IGNORECASE | re.MULTILINE,
)
_STATEMENT = re.compile(
    r"\s*(?:select|with|update|delete|insert|create|alter|drop|set|begin|commit|vacuum|analyze)\b", re.IGNORECASE
)
_FROM_STDIN = re.compile(r"\s*copy\b[^;]*\bfrom\s+stdin\b", re.IGNORECASE)  # its data may hold anything, also quotes


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every statement that can not be parsed; after data of a COPY nothing more is looked at."""
    for script in subject.scripts:
        for piece in script.pieces:
            if _FROM_STDIN.match(piece.text):
                break
            if piece.tree.fault is not None:
                yield from _judge(subject, script, piece)
    for one in subject.sentences:
        if one.language == "sql" and one.step.action is None and one.step.undo_text is None:
            yield Unknown(
                one.action.line,
                one.action.command[:80],
                "it stands in a sentence: it was parsed, and held against no database",
                one.step.key,
            )


def _judge(subject: Subject, script: Script, piece: Piece) -> Iterator[Fault | Unknown]:
    why = _unsure(script, piece)
    if why == "":
        return
    if why:
        yield Unknown(piece.place.line, piece.text[:80], why, piece.key)
        return
    place = script.place(piece.tree.fault_at)
    suggestion, edits = _mend(subject, script, piece, place)
    yield Fault(
        place.line,
        f"PostgreSQL can not read this statement: {piece.tree.fault}",
        column=place.column,
        step=piece.key,
        evidence=piece.text[:120],
        suggestion=suggestion,
        edits=edits,
    )


def _unsure(script: Script, piece: Piece) -> str | None:
    """Why nothing can be said for sure; empty where it is right for somebody else; None where it is just wrong."""
    if _CONSOLE.fullmatch(piece.text):
        return ""
    if script.open:
        return "bash puts values into it that are not known here"
    if "..." in piece.text or "…" in piece.text:
        return "something is left out of it"
    if _OTHER.search(script.sql):
        return "it looks like the SQL of another database"
    at = piece.tree.fault_at - piece.tree.origin
    if any(one.start <= at < one.end for one in piece.tree.variables):
        return "it can only be judged with a value in its place"
    return None


def _mend(subject: Subject, script: Script, piece: Piece, place: Place) -> tuple[str, tuple[Edit, ...]]:
    """What to do: a semicolon that is missing, a keyword that is misspelt; else only where it stopped."""
    text = piece.tree.text.encode()
    cut = piece.tree.fault_at - piece.tree.start
    before, after = text[:cut].decode("utf-8", "replace"), text[cut:].decode("utf-8", "replace")
    head = _first_of_two(before + after)
    if head is not None:
        end = script.place(piece.tree.start + len(head.encode()) - 1)
        return "Put a semicolon before the next statement.", replaced(subject.lines, end, head[-1], f"{head[-1]};")
    for start, word in _suspects(before, after):
        for right in alike(word.lower(), _WORDS):
            whole = before + after
            if _parses(whole[:start] + right + whole[start + len(word) :]):
                there = script.place(piece.tree.start + len(whole[:start].encode()))
                written = right.upper() if word.isupper() else right
                return f"Write `{written}`.", replaced(subject.lines, there, word, written)
    return "Mend it there; PostgreSQL reads no further than that.", ()


def _first_of_two(text: str) -> str | None:
    """The first of two statements, the second of which begins a line; None when that is not what it is."""
    for found in re.finditer(r"\n", text):
        head, tail = text[: found.start()].rstrip(), text[found.end() :]
        if head and _STATEMENT.match(tail) and _parses(head) and _parses(tail):
            return head
    return None


def _suspects(before: str, after: str) -> list[tuple[int, str]]:
    """The word where it stopped and the two before it."""
    words = [(found.start(), found[0]) for found in re.finditer(r"[A-Za-z]+", before)][-2:]
    here = re.match(r"[A-Za-z]+", after)
    return ([(len(before), here[0])] if here else []) + words[::-1]


def _parses(sql: str) -> bool:
    try:
        return bool(parse(sql).stmts)
    except PgQueryError:
        return False


rule = Rule(
    id="sql-syntax",
    area="sql",
    severity="error",
    summary="SQL that PostgreSQL can not read",
    why="The statement fails as it stands, whatever the database holds. It is read by PostgreSQL's own grammar; "
    "psql's commands and variables, and what is to be filled in, are understood.",
    bad="# Orders\n\n1. **Look at the last orders:**\n   ```sql\n   SELECT id, state FORM orders ORDER BY id DESC LIMIT 5;\n   ```\n",
    good="# Orders\n\n1. **Look at the last orders:**\n   ```sql\n   SELECT id, state FROM orders ORDER BY id DESC LIMIT 5;\n   ```\n",
    look=look,
)
