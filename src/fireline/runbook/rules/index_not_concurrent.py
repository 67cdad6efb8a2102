"""An index that is built while nobody may write to its table; or that is to be built so inside a transaction, where that fails."""

from __future__ import annotations

from collections.abc import Iterator

from postgast import scan
from postgast.pg_query_pb2 import ReindexObjectType, Token
from postgast.walk import unwrap_node

from fireline.runbook.lint.mending.wording import replaced
from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.sql.changing import NewTables, changing, in_transaction
from fireline.runbook.lint.sql.statements import Piece
from fireline.runbook.lint.subject import Subject

_REINDEX_CONCURRENTLY = 12  # the first version that has it
_AFTER = {Token.INDEX, Token.TABLE, Token.SCHEMA, Token.DATABASE}


def look(subject: Subject) -> Iterator[Fault]:
    """Every CREATE INDEX and REINDEX, and what of both can not work."""
    new = NewTables(subject.scripts)
    for piece in changing(subject.scripts):
        if piece.kind == "IndexStmt":
            if not new.has(piece.node.relation.relname, piece) and piece.node.relation.inh:
                yield from _judge(subject, piece, concurrent=piece.node.concurrent, what="CREATE INDEX")
        elif piece.kind == "ReindexStmt" and piece.node.kind != ReindexObjectType.REINDEX_OBJECT_SYSTEM:
            target = subject.world.target
            concurrent = any(unwrap_node(one).defname == "concurrently" for one in piece.node.params)
            if concurrent or target is None or target.major >= _REINDEX_CONCURRENTLY:
                yield from _judge(subject, piece, concurrent=concurrent, what="REINDEX")


def _judge(subject: Subject, piece: Piece, *, concurrent: bool, what: str) -> Iterator[Fault]:
    inside = in_transaction(piece)
    if concurrent and inside:
        yield Fault(
            piece.place.line,
            f"{what} CONCURRENTLY can not run inside a transaction",
            column=piece.place.column,
            step=piece.key,
            evidence="several statements in one -c are one transaction" if piece.script.door == "option" else "",
            suggestion="Run it by itself, outside of BEGIN and COMMIT.",
            severity="error",
        )
    elif not concurrent:
        stops = "nobody can write to" if what == "CREATE INDEX" else "nobody can use the indexes of"
        yield Fault(
            piece.place.line,
            f"while this {what} runs, {stops} the table",
            column=piece.place.column,
            step=piece.key,
            suggestion="Write it with CONCURRENTLY, by itself outside of a transaction; drop the invalid index if it fails.",
            edits=() if inside else _edits(subject, piece),
        )


def _edits(subject: Subject, piece: Piece) -> tuple[Edit, ...]:
    for token in scan(piece.tree.text).tokens:
        if token.token in _AFTER:
            word = piece.tree.text.encode()[token.start : token.end].decode()
            place = piece.script.place(piece.tree.start + token.start)
            return replaced(subject.lines, place, word, f"{word} CONCURRENTLY")
    return ()


rule = Rule(
    id="index-not-concurrent",
    area="sql",
    severity="warning",
    at_times=("error",),
    summary="An index that is built while the table is locked",
    why="CREATE INDEX keeps writers out until it is done, REINDEX also readers that need the index: on a large table for minutes or "
    "hours. With CONCURRENTLY both go on; it takes longer, can not run in a transaction, and leaves an invalid index when it fails.",
    bad="# Slow search\n\n1. **Build the index:**\n   ```sql\n   CREATE INDEX articles_title_idx ON articles (title);\n   ```\n",
    good="# Slow search\n\n1. **Build the index:**\n   ```sql\n   CREATE INDEX CONCURRENTLY articles_title_idx ON articles (title);\n   ```\n",
    look=look,
)
