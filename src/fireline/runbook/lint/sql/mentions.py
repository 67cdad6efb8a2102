"""What a parsed statement names in a database: tables with the privilege it needs on each, functions, types; and what it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from postgast import unwrap_node, walk

Name = tuple[str | None, str]  # schema, name

# The statements that the server analyses when it parses them, so that it says by itself what is missing.
ANALYSED = {
    "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "ExplainStmt", "DeclareCursorStmt",
    "CreateTableAsStmt", "CallStmt",
}  # fmt: skip
_CHANGES = {"InsertStmt": "INSERT", "UpdateStmt": "UPDATE", "DeleteStmt": "DELETE"}
# The statements after which the same words may mean something else.
_TURNS = {"search_path": "search_path", "role": "the role", "session_authorization": "the role"}


@dataclass(frozen=True)
class Call:
    """A function called. at: the byte of the text."""

    name: Name
    arguments: int
    variadic: bool
    at: int


@dataclass
class Mentions:
    """What one statement names."""

    relations: dict[tuple[Name, str], int] = field(default_factory=dict)  # (name, privilege) -> byte of the text
    calls: list[Call] = field(default_factory=list)
    types: dict[Name, int] = field(default_factory=dict)
    arrays: set[str] = field(default_factory=set)  # the names of their types: `_int4` of int4[]
    columns: dict[int, tuple[str, ...]] = field(default_factory=dict)  # byte -> a dotted name, * left out

    @property
    def tables(self) -> tuple[Name, ...]:
        """Every table or view, once."""
        return tuple(dict.fromkeys(name for name, _ in self.relations))


def mentions(statement: Any) -> Mentions:
    """Read the tree of one statement. A name that WITH gives is no table anywhere in it."""
    found = Mentions()
    written, made, given = _written(statement)
    for where, node in walk(statement):
        kind = type(node).__name__
        if kind == "RangeVar" and node.location not in made and not node.catalogname:
            if node.schemaname or node.relname not in given:
                need = written.get(node.location, "SELECT")
                found.relations.setdefault(((node.schemaname or None, node.relname), need), node.location)
        elif kind == "FuncCall" and node.funcname:
            name = dotted(node.funcname)
            found.calls.append(Call(name, len(node.args), node.func_variadic or node.agg_star, node.location))
        elif kind == "TypeName" and node.names and where != "":
            found.types.setdefault(dotted(node.names), node.location)
            found.arrays |= {f"_{dotted(node.names)[1]}"[:63]} if node.array_bounds else set()
        elif kind == "ColumnRef":
            parts = [unwrap_node(one) for one in node.fields]
            found.columns[node.location] = tuple(one.sval for one in parts if type(one).__name__ == "String")
    return found


def _written(statement: Any) -> tuple[dict[int, str], set[int], set[str]]:
    """The places of the tables that are changed, those of the tables that come to be, and the names that WITH gives."""
    written: dict[int, str] = {}
    made: set[int] = set()
    given: set[str] = set()
    for _, node in walk(statement):
        kind = type(node).__name__
        if kind in _CHANGES:
            written[node.relation.location] = _CHANGES[kind]
        elif kind == "MergeStmt":
            written[node.relation.location] = "SELECT"  # what else it needs, its branches say
        elif kind == "IntoClause":
            made.add(node.rel.location)
        elif kind == "CommonTableExpr":
            given.add(node.ctename)
    return written, made, given


def dotted(parts: Iterable[Any]) -> Name:
    """Schema and name of a dotted name."""
    words = [part.sval for part in (unwrap_node(one) for one in parts) if type(part).__name__ == "String"]
    return (words[-2] if len(words) > 1 else None), (words[-1] if words else "")


def parameters(statement: Any) -> dict[int, int]:
    """The numbers of its $1 …, each with the byte where it stands first."""
    found: dict[int, int] = {}
    for _, node in walk(statement):
        if type(node).__name__ == "ParamRef" and node.number:
            found.setdefault(node.number, node.location)
    return found


_MAKES: dict[str, Callable[[Any], str]] = {
    "CreateStmt": lambda one: str(one.relation.relname),
    "CreateForeignTableStmt": lambda one: str(one.base_stmt.relation.relname),
    "CreateSeqStmt": lambda one: str(one.sequence.relname),
    "ViewStmt": lambda one: str(one.view.relname),
    "CreateFunctionStmt": lambda one: dotted(one.funcname)[1],
    "CreateEnumStmt": lambda one: dotted(one.type_name)[1],
    "CreateRangeStmt": lambda one: dotted(one.type_name)[1],
    "CreateDomainStmt": lambda one: dotted(one.domainname)[1],
    "CompositeTypeStmt": lambda one: str(one.typevar.relname),
    "CreateExtensionStmt": lambda one: str(one.extname),
    "CreateSchemaStmt": lambda one: str(one.schemaname),
    "CreateRoleStmt": lambda one: str(one.role),
    "IndexStmt": lambda one: str(one.idxname),
    "RenameStmt": lambda one: str(one.newname),
    "DeclareCursorStmt": lambda one: str(one.portalname),
    "PrepareStmt": lambda one: str(one.name),
}


def made_by(statement: Any) -> Iterator[str]:
    """The names that this statement brings into being: what looks for them afterwards may find them."""
    if type(statement).__name__ == "SelectStmt":
        if statement.HasField("into_clause"):
            yield str(statement.into_clause.rel.relname)
        return
    for _, node in walk(statement):
        kind = type(node).__name__
        if kind == "IntoClause":
            yield str(node.rel.relname)
        elif kind == "ColumnDef" and type(statement).__name__ == "AlterTableStmt":
            yield str(node.colname)
    makes = _MAKES.get(type(statement).__name__)
    if makes is not None and (name := makes(statement)):
        yield name


def turns(statement: Any) -> str | None:
    """What of the session it changes, so that the statements behind it can not be judged; None for nothing."""
    if type(statement).__name__ != "VariableSetStmt":
        return None
    return _TURNS.get(statement.name.lower())
