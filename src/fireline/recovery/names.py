"""Names and definitions written so that servers of different versions and texts before and after a restore agree. No SQL is run here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

# Words that some version from 13 on does not take unquoted everywhere. PostgreSQL's own quote_ident knows those of one version only.
_WORDS = frozenset((
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "between", "bigint",
    "binary", "bit", "boolean", "both", "case", "cast", "char", "character", "check", "coalesce", "collate", "collation",
    "column", "concurrently", "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable", "desc",
    "distinct", "do", "else", "end", "except", "exists", "extract", "false", "fetch", "float", "for", "foreign", "freeze",
    "from", "full", "grant", "greatest", "group", "grouping", "having", "ilike", "in", "initially", "inner", "inout", "int",
    "integer", "intersect", "interval", "into", "is", "isnull", "join", "json", "json_array", "json_arrayagg", "json_exists",
    "json_object", "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table", "json_value", "lateral",
    "leading", "least", "left", "like", "limit", "localtime", "localtimestamp", "merge_action", "national", "natural",
    "nchar", "none", "normalize", "not", "notnull", "null", "nullif", "numeric", "offset", "on", "only", "or", "order", "out",
    "outer", "overlaps", "overlay", "placing", "position", "precision", "primary", "real", "references", "returning", "right",
    "row", "select", "session_user", "setof", "similar", "smallint", "some", "substring", "symmetric", "system_user", "table",
    "tablesample", "then", "time", "timestamp", "to", "trailing", "treat", "trim", "true", "union", "unique", "user", "using",
    "values", "varchar", "variadic", "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat", "xmlelement",
    "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
))  # fmt: skip
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_TOKEN = re.compile(
    r"""(?P<space>\s+) | (?P<text>[eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*') | (?P<quoted>"(?:[^"]|"")*")
      | (?P<word>\w[\w$]*) | (?P<cast>::) | (?P<rest>.)""",
    re.X | re.S,
)
_TYPE = re.compile(  # what stands behind ::, as format_type() writes it
    r"""(?:"(?:[^"]|"")*"|\w[\w$]*) (?:\.(?:"(?:[^"]|"")*"|\w[\w$]*))?
        (?:\s(?:varying|precision|year|month|day|hour|minute|second|to\s\w+)\b)*
        (?:\(\s*-?\d+(?:\s*,\s*-?\d+)?\s*\))? (?:\s(?:with|without)\stime\szone\b)? (?:\[\])*""",
    re.X,
)


def quoted(*parts: str) -> str:
    """A name as SQL reads it: parts joined by dots, each quoted where any version would want it."""
    return ".".join(one if _PLAIN.fullmatch(one) and one not in _WORDS else identifier(one) for one in parts)


def identifier(part: str) -> str:
    """One part of a name, quoted always."""
    return '"' + part.replace('"', '""') + '"'


def parts(name: str) -> list[str]:
    """The parts of a name that `quoted` wrote."""
    found = re.findall(r'"((?:[^"]|"")*)"|([^."]+)', name)
    return [quoted_part.replace('""', '"') or plain for quoted_part, plain in found]


def bare(code: str) -> str:
    """A definition as the server wrote it, without what it may write otherwise after a restore or in another version.

    That is: layout, casts with the brackets they ask for (`ANY ((ARRAY['a'::varchar])::text[])` comes back with a cast
    at each element), and quotes around names that need none. Texts stay as they are, and so does what belongs together.
    """
    return " ".join(_flat(_Group(iter(_tokens(code)))))


def outline(bare_code: str) -> str:
    """What `bare` gave without brackets and the table before each column: versions write or leave them out as they like."""
    return re.sub(r'(?:[\w$]+|"(?:[^"]|"")*") \. ', "", re.sub(r"(?<= )[()] |^[()] | [()]$", "", bare_code))


def _tokens(code: str) -> Iterator[str]:
    """Its words and signs, without white space and casts."""
    at = 0
    while at < len(code):
        found = _TOKEN.match(code, at)
        assert found is not None  # the last choice takes any character
        at = found.end()
        if found.lastgroup == "cast":
            type_ = _TYPE.match(code, at)
            at = type_.end() if type_ else at
        elif found.lastgroup == "quoted" and _PLAIN.fullmatch(found[0][1:-1]):
            yield found[0][1:-1]
        elif found.lastgroup != "space":
            yield found[0]


class _Group(list[Any]):
    """What stands in round or square brackets: signs and further groups; brackets that hold one thing only are left out."""

    def __init__(self, tokens: Iterator[str], closed_by: str = "") -> None:
        super().__init__()
        self.closed_by = closed_by
        for token in tokens:
            if token == closed_by:
                break
            if token in _CLOSED_BY:
                self.append(_Group(tokens, _CLOSED_BY[token])._alone(self[-1] if self else None))
            else:
                self.append(token)

    def _alone(self, before: Any) -> Any:
        if self.closed_by != ")":
            return self
        if len(self) == 1 and isinstance(self[0], _Group) and self[0].closed_by == ")":
            return self[0]._alone(before)
        called = isinstance(before, str) and (before[-1].isalnum() or before[-1] in '_"')
        one = len(self) == 1 or [isinstance(thing, _Group) for thing in self] == [False, True]  # x, or f (x)
        return self if called or not one else _Group.of(self)

    @staticmethod
    def of(things: list[Any]) -> _Group:
        """Things that stand together without brackets."""
        made = _Group(iter(()))
        made.extend(things)
        return made


_CLOSED_BY = {"(": ")", "[": "]"}
_OPENED_BY = {")": "(", "]": "["}


def _flat(group: _Group) -> Iterator[str]:
    if group.closed_by:
        yield _OPENED_BY[group.closed_by]
    for one in group:
        if isinstance(one, _Group):
            yield from _flat(one)
        else:
            yield one
    if group.closed_by:
        yield group.closed_by


def digest(*said: str) -> str:
    """A short hash of texts."""
    return hashlib.sha256("\0".join(said).encode(errors="replace")).hexdigest()[:16]


_ITEM = re.compile(r'(?P<grantee>(?:"(?:[^"]|"")*"|[^="])*)=(?P<rights>[A-Za-z*]*)/(?P<grantor>.*)', re.S)


def grants(acl: Iterable[str]) -> dict[tuple[str, str], set[str]]:
    """(grantee, grantor) to rights, of aclitem texts such as `app=arwd/owner`; the grantee of what all may do is ''."""
    found: dict[tuple[str, str], set[str]] = {}
    for item in acl:
        matched = _ITEM.fullmatch(item)
        if matched is None:
            raise ValueError(f"not an access right: {item}")
        who = (_unquoted(matched["grantee"]), _unquoted(matched["grantor"]))
        found.setdefault(who, set()).update(re.findall(r"[A-Za-z]\*?", matched["rights"]))
    return {who: rights for who, rights in found.items() if rights}


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
