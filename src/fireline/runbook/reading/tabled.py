"""A table that is a procedure: each row is a step, and one column holds its command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.language import commands
from fireline.runbook.page.block import Block
from fireline.runbook.page.prose import Prose
from fireline.runbook.reading import fence
from fireline.runbook.reading.draft import Draft, clause_of, title_of

_COMMAND = re.compile(
    r"(?:the )?(?:commands?(?:\(s\)| to run| line)?|cmd|run(?: this)?|how|code|sql|query|befehle?|kommando|comandos?|commandes?|comand[oi]"
    r"|polecenie|opdracht|コマンド|命令)",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?:#|no\.?|nr\.?|n[º°]\.?|step(?: #| no\.?)?|order|schritt|paso|étape|passo|stap|krok|番号|手順|步骤)",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"(?:steps?|actions?|what(?: to do)?|tasks?|descriptions?|activity|checks?|instructions?|schritt|aktion|aufgabe|beschreibung|was"
    r"|pasos?|acci[oó]n|descripci[oó]n|étapes?|azione|passo|stap|krok|作業|内容|手順|項目)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s;,|]*(?:(?:and|then|und|dann|et|y)[\s:]*)?")


def drafts(block: Block, *, steps: bool) -> list[Draft]:
    """The steps of a table; none when it is another one. steps: whether all around says that steps follow, so that no numbers are needed."""
    if len(block.rows) < 2:  # noqa: PLR2004 - a heading and a row
        return []
    names = [cell.plain for cell in block.rows[0]]
    column = next((n for n, name in enumerate(names) if _COMMAND.fullmatch(name.strip())), None)
    rows = [row for row in block.rows[1:] if any(cell.plain for cell in row)]
    if column is None or not any(len(row) > column and _typed(row[column]) for row in rows):
        return []
    counted = [row[0].plain.strip(" .)") for row in rows] == [str(n) for n in range(1, len(rows) + 1)]
    if not (steps or counted or _PLACE.fullmatch(names[0].strip())):
        return []
    shown = _title_column(names, rows, column)
    return list(_steps(block, names, column, shown))


def _title_column(names: list[str], rows: list[list[Prose]], column: int) -> int:
    """The column that says what a row does: it is named so and holds more than numbers, else the first that does."""
    worded = [
        n
        for n in range(len(names))
        if n != column and any(not row[n].plain.strip(" .)").isdigit() for row in rows if n < len(row) and row[n].plain)
    ]
    return next((n for n in worded if _TITLE.fullmatch(names[n].strip())), worded[0] if worded else column)


def _steps(block: Block, names: list[str], column: int, shown: int) -> Iterator[Draft]:
    for number, row in enumerate(block.rows[1:], start=2):
        if not any(cell.plain for cell in row):
            continue
        line = block.line + number
        title = row[shown] if shown < len(row) else row[0]
        typed = _typed(row[column]) if column < len(row) else None
        draft = Draft(title_of(title) or f"Row {number - 1}", line, clause_of(title))
        for n, cell in enumerate(row):
            if cell.plain and n != shown and not (n == column and typed) and not cell.plain.strip(" .)").isdigit():
                draft.texts.append(f"{names[n] if n < len(names) else ''}: {cell.raw}".lstrip(": "))
            draft.links += [(text, href) for text, href, _ in cell.links]
        if typed:
            language, command = typed
            draft.fence(Block("fence", line, info=language, content=command + "\n", first=line))
        yield draft


def _typed(cell: Prose) -> tuple[str, str] | None:
    """Language and text of what a cell has one type: nothing but code, or words that are a command as they stand."""
    code = [run.text.strip() for run in cell.runs if run.code and run.text.strip()]
    words = [run.text for run in cell.runs if not run.code]
    if code and not all(_BETWEEN.fullmatch(one) for one in words):
        return None
    text = "\n".join(code) if code else cell.plain
    if fence.looks_like_sql(text):
        return "sql", text
    return ("bash", text) if commands.is_shell(text) else None
