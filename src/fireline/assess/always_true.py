"""Whether a stored expression holds for every row and everybody, told from its tree as the catalog has it. Pure.

pg_get_expr would wait behind a lock on the table; the tree itself does not. What can not be told counts as not always true.
"""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r'[{}()\[\]]|"(?:[^"\\]|\\.)*"|(?:[^\s{}()\[\]"\\]|\\.)+')
_PLACE = re.compile(r":location -?\d+")
_EQUAL = {
    "60",
    "61",
    "63",
    "65",
    "67",
    "158",
    "159",
    "467",
    "1718",
    "1048",
    "2956",
    "1086",
    "1152",
    "2052",
    "474",
    "852",
}
# What is true whatever the row is made of plain true and false, and of comparisons of a thing with itself or of two constants.
_NEVER = re.compile(r"\{OPEXPR (?![^{}]*:args \(\{(?:VAR|CONST) [^{}]*\} \{(?:VAR|CONST) )")
_TRUTH = re.compile(
    r"\{CONST :consttype 16 |\{CONST [^{}]*\} \{CONST |\{((?:VAR|CONST) [^{}]*):location -?\d+([^{}]*)\} \{\1:location -?\d+\2\}"
)

Node = dict[str, Any]


def holds(tree: str) -> bool:
    """Whether the expression of this tree is true whatever the row and whoever asks."""
    if _NEVER.match(tree) or not _TRUTH.search(tree):  # so nearly all need not be taken apart, which takes long
        return False
    try:
        node, _ = _value(_TOKEN.findall(_PLACE.sub(":location 0", tree)), 0)
    except (IndexError, RecursionError, ValueError):
        return False
    return _told(node) is True


def parsed(tree: str) -> Any:
    """A stored expression as nested nodes, the kind of each under ""; None when it can not be read."""
    try:
        return _value(_TOKEN.findall(_PLACE.sub(":location 0", tree)), 0)[0]
    except (IndexError, RecursionError, ValueError):
        return None


def _told(node: Any) -> bool | None:
    """True or False when it is that always; None when it depends, or can not be told."""
    kind = node.get("") if isinstance(node, dict) else None
    if kind == "CONST":
        return _constant(node)
    if kind == "BOOLEXPR":
        return _boolean(node["boolop"], [_told(part) for part in node["args"]])
    if kind == "OPEXPR":
        return _comparison(node)
    if kind in ("COALESCEEXPR", "COALESCE"):  # the second until 14
        return _told(node["args"][0])
    if kind == "RELABELTYPE":
        return _told(node["arg"])
    if kind == "SUBLINK" and node.get("subLinkType") == "4":
        return _selected(node["subselect"])
    return None


def _constant(node: Node) -> bool | None:
    if node.get("consttype") != "16" or node.get("constisnull") != "false":
        return None
    value: list[str] = node["constvalue"]
    return value[0] != "0" if value else None


def _boolean(operator: str, parts: list[bool | None]) -> bool | None:
    if operator == "not":
        return None if parts[0] is None else not parts[0]
    wins = operator == "or"
    if wins in parts:
        return wins
    return None if None in parts else not wins


def _comparison(node: Node) -> bool | None:
    """1 = 1, 'a' = 'a', id = id: the same on both sides of an equality."""
    sides = node["args"]
    if node.get("opfuncid") not in _EQUAL or len(sides) != 2:  # noqa: PLR2004 - both sides
        return None
    plain = all(side.get("") in ("CONST", "VAR") and side.get("constisnull") != "true" for side in sides)
    if not plain:
        return None
    if sides[0] == sides[1]:
        return True
    return False if all(side[""] == "CONST" for side in sides) else None


def _selected(query: Any) -> bool | None:
    """(SELECT true): one column, from nowhere and without a condition."""
    if not isinstance(query, dict) or query.get("rtable") not in ("<>", []):
        return None
    tree = query.get("jointree")
    if not isinstance(tree, dict) or tree.get("quals") != "<>":
        return None
    targets = query.get("targetList")
    return _told(targets[0]["expr"]) if isinstance(targets, list) and len(targets) == 1 else None


def _value(tokens: list[str], at: int) -> tuple[Any, int]:
    """The value that begins at a word, and the word behind it."""
    word = tokens[at]
    if word == "{":
        return _node(tokens, at + 1)
    if word in ("(", "["):
        closing = ")" if word == "(" else "]"
        items, at = [], at + 1
        while tokens[at] != closing:
            item, at = _value(tokens, at)
            items.append(item)
        return items, at + 1
    return word, at + 1


def _node(tokens: list[str], at: int) -> tuple[Node, int]:
    """The fields of a node; a constant's value is its length and its bytes, of which the bytes are kept."""
    node: Node = {"": tokens[at]}
    at += 1
    while tokens[at] != "}":
        if not tokens[at].startswith(":"):
            at += 1
            continue
        name = tokens[at][1:]
        value, at = _value(tokens, at + 1)
        if name == "constvalue" and tokens[at] == "[":
            value, at = _value(tokens, at)
        node[name] = value
    return node, at + 1
