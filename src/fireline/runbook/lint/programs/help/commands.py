"""The subcommands that a help text lists, and what else the command itself is called."""

from __future__ import annotations

import re

_COMMANDS = re.compile(r"\b(sub)?commands?\b|^topics\b|^positional arguments\b", re.IGNORECASE)
_NO_COMMANDS = re.compile(r"\b(environment variables|example|arguments?:?$|usage)\b", re.IGNORECASE)
HEADING = re.compile(r"^\s{0,3}(?:[A-Z][A-Z &/_-]{2,}|[A-Za-z][\w ,/&'()-]{1,60}:)\s*$")
BARE = re.compile(
    r"^\s{0,6}(?:Flags|Options|Examples?|Usage|Description|Arguments|(?:[\w-]+ )?(?:Sub|Available )?[Cc]ommands)$"
)
_NAME = r"[a-z0-9][\w.:-]*"
_ITEM = re.compile(
    rf"^(\s+)(\$ )?({_NAME}(?:(?:, ?| ?\| ?| ){_NAME})*?)\*?((?: [\[<(A-Z.][^ ]*)*)(?:\s{{2,}}|\t|$| (?=[A-Z][a-z]))"
)
_LONGEST_TITLE = 5  # words; a longer line that ends in a colon is a sentence


def subcommands(lines: list[str], path: tuple[str, ...]) -> tuple[str, ...]:
    """The names under every heading that speaks of commands, each once."""
    found: dict[str, None] = {}
    at = 0
    while at < len(lines):
        title = lines[at].strip()
        at += 1
        if not _opens(lines[at - 1]) or title.startswith("-"):
            continue
        start = at
        while at < len(lines) and not (lines[at].strip() and _heading(lines[at])):
            at += 1
        positional = title.lower().startswith("positional")
        for name in _braces(lines[start:at]) if positional else _names(lines[start:at], path):
            found.setdefault(name)
    if path:
        found.update(dict.fromkeys(_spelled_out(lines, path)))
    return tuple(found)


def _spelled_out(lines: list[str], path: tuple[str, ...]) -> list[str]:
    """The subcommands of a help that writes each with all before it: `  wrangler d1 list   List databases`."""
    start = rf"^\s{{1,4}}{re.escape(' '.join(path))} ({_NAME})(?: [\[<(][^ ]*)*\s{{2,}}\S"
    return [found[1] for line in lines if (found := re.match(start, line))]


def _opens(line: str) -> bool:
    title = line.strip().rstrip(":")
    return (
        _heading(line)
        and len(title.split()) <= _LONGEST_TITLE
        and bool(_COMMANDS.search(title))
        and not (_NO_COMMANDS.search(title) and not title.lower().startswith("positional"))
    )


def _heading(line: str) -> bool:
    return bool(HEADING.match(line) or BARE.match(line))


def _names(block: list[str], path: tuple[str, ...]) -> list[str]:
    """The first word of each item: those at the indent of the first one."""
    items = [found for line in block if (found := _ITEM.match(line))]
    if not items:
        return []
    ends = {len(one[1]) + len(one[3]) for one in items}
    right = bool(items[2:]) and len(ends) == 1 and len({len(one[1]) for one in items}) > 1  # set to the right
    indent = min(len(one[1]) for one in items)
    names: list[str] = []
    for one in items:
        if not right and len(one[1]) != indent:
            continue
        names += _item_names(one[3], path)
        if more := re.search(r"\[aliases?: ([^\]]+)\]", one.string):
            names += [name.strip() for name in more[1].split(",")]
    return names


def _item_names(written: str, path: tuple[str, ...]) -> list[str]:
    words = re.split(r"(?:, ?| ?\| ?)", written)
    first = words[0].split(" ")
    inner = list(path)
    while inner and first and first[0] in (inner[0], path[0]):
        first, inner = first[1:], inner[1:]
    if not first:
        return []
    prefix = ":".join(path[1:]) + ":"
    names = (first[0], *(word for word in words[1:] if " " not in word))
    return [one.removeprefix(prefix).rstrip(":.") for one in names]


def aliases(lines: list[str]) -> tuple[str, ...]:
    """The other names that a help gives to its command."""
    for at, line in enumerate(lines):
        if found := re.match(r"^\s*alias(?:es)?:?\s*(.*)$", line, re.IGNORECASE):
            written = found[1] or (lines[at + 1] if at + 1 < len(lines) else "")
            names = [one.split()[-1] for one in written.split(",") if one.strip()]
            return tuple(one for one in names if re.fullmatch(_NAME, one))
    return ()


def _braces(block: list[str]) -> list[str]:
    for line in block:
        if found := re.match(r"^\s+\{([\w,.:-]+)\}", line):
            return found[1].split(",")
        if line.strip():
            return []
    return []
