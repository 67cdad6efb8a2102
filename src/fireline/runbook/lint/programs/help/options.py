"""The options that a help text names, line by line, and which of them take a value."""

from __future__ import annotations

import re

_OPTION = re.compile(r"--?[A-Za-z0-9?#@_][\w.:?#@-]*|--\[no-?\][\w-]+|--no-\[[\w-]+\]")
LINE = re.compile(r"^\s{0,14}(?:\*\s)?(-{1,2}\[?[A-Za-z0-9?#@_].*)$")
_TYPE = re.compile(
    r"^(?:string|strings|stringArray|stringToString|int|ints|int32|int64|uint\w*|integer|float\w*|list|map|duration|choice|value|val|filter"
    r"|bytes|path|file|filename|node-\w+|command|cidr|ip|ipNet\w*|network|pem|external-ca|decimal|mount|port|secret|config|gpu-request|ulimit|scale|bytes|order)$"
)


def spelled(name: str) -> tuple[str, ...]:
    """The options that one spelling in a help text means: --[no-]wait is two."""
    if name.startswith(("--[no-]", "--[no]")):
        rest = name.partition("]")[2]
        return f"--{rest}", f"--no-{rest}"
    return (name,)


def options(lines: list[str]) -> tuple[set[str], set[str]]:
    """The names of all options, and of those that take a value."""
    names: set[str] = set()
    valued: set[str] = set()
    for at, line in enumerate(lines):
        found = LINE.match(line)
        if found is None:
            continue
        mine, takes = _option_line(found[1], lines[at + 1] if at + 1 < len(lines) else "")
        names |= mine
        if takes:
            valued |= mine
    return names, valued


def _option_line(spec: str, following: str) -> tuple[set[str], bool]:
    """The names of one line of options, and whether they take a value."""
    head, tail = _apart(spec)
    mine: set[str] = set()
    takes = False
    rest = head
    while found := _OPTION.match(rest):
        mine.update(spelled(found[0].rstrip(":.")))
        rest = rest[found.end() :]
        value, rest = _value(rest)
        takes |= value
        rest = rest.lstrip()
        separator = re.match(r"(?:,|\||/|or\b)\s*", rest)
        if separator is None and not rest.startswith("-"):
            break
        rest = rest[separator.end() :] if separator else rest
    kind = re.search(
        r"\[(string|number|array|count|boolean)\]", f"{tail} {following if not LINE.match(following) else ''}"
    )
    if kind:
        takes = kind[1] in ("string", "number", "array")
    return mine, takes


def _apart(spec: str) -> tuple[str, str]:
    """The options of a line, and what is said of them."""
    found = re.search(r"(?<=\S)(?: {2,}| : | - )(?!-)", spec)
    while found and re.match(r"-", spec[found.end() :]):
        found = re.compile(r" {2,}").search(spec, found.end())
    return (spec[: found.start()], spec[found.end() :]) if found else (spec, "")


def _value(rest: str) -> tuple[bool, str]:
    """Whether a value follows directly, and what stands behind it. `--x[=y]` and `[x]` need none."""
    rest = re.sub(r'^\s\("?\w+"?\)', "", rest)  # -1 ("one"), --single-transaction
    if empty := re.match(r"=(?:\[\]|\{\}|(?=[\s,:]|$)):?", rest):
        return True, rest[empty.end() :]
    optional = re.match(r"\[=[^\]]*\]|=?\[=?[^\]|]*\]|\[[^\]]*\]", rest)
    if optional:
        return False, rest[optional.end() :]
    if kubectl := re.match(r"=(true|false):?$", rest):
        return False, rest[kubectl.end() :]
    given = re.match(
        r"=\s?(?:<[^>]*>|\{[^}]*\}|'[^']*'|\"[^\"]*\"|[^\s,|]+)|:?\s<[^>]*>(?:\.\.\.)?|\s\{[^}]*\}|\s\[[^\]]*\|[^\]]*\]|\s'[^']*'",
        rest,
    )
    if given:
        return True, rest[given.end() :]
    bare = re.match(r"\s([^\s,|-][^\s,|]*)", rest)
    if bare and (
        _TYPE.match(bare[1]) or re.fullmatch(r"[A-Z][A-Z0-9_:./=|+-]*", bare[1]) or not rest[bare.end() :].strip()
    ):
        return True, rest[bare.end() :]
    return False, rest
