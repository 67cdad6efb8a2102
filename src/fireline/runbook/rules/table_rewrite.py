"""A statement that writes a whole table anew while nobody can use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from postgast import walk
from postgast.pg_query_pb2 import AlterTableType, ConstrType
from postgast.walk import unwrap_node

from fireline.runbook.lint.rule import Fault, Rule, Unknown
from fireline.runbook.lint.sql.changing import NewTables, changing
from fireline.runbook.lint.sql.statements import Piece
from fireline.runbook.lint.subject import Subject

_CONSTANT_DEFAULTS = 11  # the first version that adds a column with a constant default without a rewrite
# To these from some types nothing is rewritten: which one it is now does not stand in the runbook.
_MAY_STAY = {"text", "varchar", "bpchar", "numeric", "timestamp", "timestamptz", "time", "timetz", "interval", "varbit"}
_MAY_STAY |= {"citext", "inet", "cidr", "oid", "regclass", "xml"}
_SERIAL = {"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"}
_VOLATILE = {
    "random",
    "gen_random_uuid",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "clock_timestamp",
}
_VOLATILE |= {"timeofday", "nextval", "uuidv4", "uuidv7", "random_normal"}
_STABLE = {
    "now",
    "current_setting",
    "transaction_timestamp",
    "statement_timestamp",
    "lower",
    "upper",
    "to_char",
    "length",
}
_STABLE |= {"timezone", "date_trunc", "concat", "md5", "jsonb_build_object", "json_build_object", "array", "coalesce"}


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every rewriting statement, and those whose effect depends on the type that a column has now."""
    new = NewTables(subject.scripts)
    for piece in changing(subject.scripts):
        if piece.kind == "AlterTableStmt" and not new.has(piece.node.relation.relname, piece):
            for one in piece.node.cmds:
                yield from _command(subject, piece, unwrap_node(one))
        elif piece.kind == "ClusterStmt":
            yield _fault(piece, "CLUSTER writes the whole table anew")
        elif piece.kind == "VacuumStmt" and any(unwrap_node(one).defname == "full" for one in piece.node.options):
            yield _fault(piece, "VACUUM FULL writes the whole table anew")


def _command(subject: Subject, piece: Piece, cmd: Any) -> Iterator[Fault | Unknown]:
    kind = cmd.subtype
    if kind == AlterTableType.AT_AlterColumnType:
        yield from _type(piece, cmd)
    elif kind == AlterTableType.AT_AddColumn:
        yield from _column(subject, piece, unwrap_node(getattr(cmd, "def")))
    else:
        said = {
            AlterTableType.AT_SetLogged: "SET LOGGED writes the whole table anew, and into the WAL",
            AlterTableType.AT_SetUnLogged: "SET UNLOGGED writes the whole table anew",
            AlterTableType.AT_SetTableSpace: "SET TABLESPACE copies the whole table",
            AlterTableType.AT_SetAccessMethod: "SET ACCESS METHOD writes the whole table anew",
        }.get(kind)
        if said:
            yield _fault(piece, said)


def _type(piece: Piece, cmd: Any) -> Iterator[Fault | Unknown]:
    column = unwrap_node(getattr(cmd, "def"))
    name = unwrap_node(column.type_name.names[-1]).sval if column.type_name.names else ""
    if name in _MAY_STAY and _says_no_more(column, cmd.name):
        why = f"whether TYPE {name} rewrites the table depends on the type that `{cmd.name}` has now"
        yield Unknown(piece.place.line, piece.text[:80], why, piece.key)
        return
    yield _fault(piece, f"changing the type of `{cmd.name}` writes the whole table anew")


def _says_no_more(column: Any, name: str) -> bool:
    """Whether USING is not there, or only names the column itself, perhaps with a cast."""
    if not column.HasField("raw_default"):
        return True
    inner = unwrap_node(column.raw_default)
    if type(inner).__name__ == "TypeCast":
        inner = unwrap_node(inner.arg)
    return type(inner).__name__ == "ColumnRef" and unwrap_node(inner.fields[-1]).sval == name


def _column(subject: Subject, piece: Piece, column: Any) -> Iterator[Fault | Unknown]:
    name = unwrap_node(column.type_name.names[-1]).sval if column.type_name.names else ""
    if name in _SERIAL:
        yield _fault(piece, f"`{column.colname}` {name} numbers every row, so the whole table is written anew")
    for one in column.constraints:
        constraint = unwrap_node(one)
        if constraint.contype == ConstrType.CONSTR_IDENTITY:
            yield _fault(
                piece, f"the identity `{column.colname}` numbers every row, so the whole table is written anew"
            )
        elif constraint.contype == ConstrType.CONSTR_GENERATED and constraint.generated_kind != "v":
            yield _fault(
                piece,
                f"the stored column `{column.colname}` is computed for every row, so the whole table is written anew",
            )
        elif constraint.contype == ConstrType.CONSTR_DEFAULT:
            yield from _default(subject, piece, column.colname, constraint.raw_expr)


def _default(subject: Subject, piece: Piece, column: str, expression: Any) -> Iterator[Fault | Unknown]:
    target = subject.world.target
    if target is not None and target.major < _CONSTANT_DEFAULTS:
        yield _fault(piece, f"PostgreSQL {target.major} writes the whole table anew for the default of `{column}`")
        return
    called = [unwrap_node(node.funcname[-1]).sval for _, node in walk(expression) if type(node).__name__ == "FuncCall"]
    volatile = next((one for one in called if one in _VOLATILE), None)
    if volatile:
        yield _fault(
            piece, f"the default {volatile}() of `{column}` differs for each row, so the whole table is written anew"
        )
    elif other := next((one for one in called if one not in _STABLE), None):
        yield Unknown(
            piece.place.line,
            piece.text[:80],
            f"whether {other}() is volatile is not known, and so whether the table is rewritten",
            piece.key,
        )


def _fault(piece: Piece, message: str) -> Fault:
    return Fault(
        piece.place.line,
        f"{message}, and nobody can use it meanwhile",
        column=piece.place.column,
        step=piece.key,
        suggestion="Do it in a maintenance window, or in a way that keeps the table in use: a new column that is filled in batches, "
        "or pg_repack.",
    )


rule = Rule(
    id="table-rewrite",
    area="sql",
    severity="warning",
    summary="A statement that writes a whole table anew",
    why="Such a statement holds the strongest lock until every row is written again, and needs the table's size once more on disk. "
    "A wider varchar, a larger numeric and, since PostgreSQL 11, a column with a constant default are none of these.",
    bad="# Ids run out\n\n1. **Widen the key:**\n   ```sql\n   SET lock_timeout = '5s';\n   ALTER TABLE events ALTER COLUMN id TYPE bigint;\n   ```\n",
    good="# Ids run out\n\n1. **Add the wide key beside the old one:**\n   ```sql\n   SET lock_timeout = '5s';\n   ALTER TABLE events ADD COLUMN id_wide bigint;\n   ```\n",
    look=look,
)
