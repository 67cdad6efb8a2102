"""What a program's own `--help` says of it: its subcommands, its options, and which of them take a value. Never more than it says."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A dash, overstruck letters and colours as a manual page has them.
_PAINT = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|.\x08")
_COMMANDS = re.compile(r"\b(sub)?commands?\b|^topics\b|^positional arguments\b", re.IGNORECASE)
_NO_COMMANDS = re.compile(r"\b(environment variables|example|arguments?:?$|usage)\b", re.IGNORECASE)
_USAGE = re.compile(r"^\s*usage\b:?\s*(.*)$", re.IGNORECASE)
_HEADING = re.compile(r"^\s{0,3}(?:[A-Z][A-Z &/_-]{2,}|[A-Za-z][\w ,/&'()-]{1,60}:)\s*$")
_BARE = re.compile(
    r"^\s{0,6}(?:Flags|Options|Examples?|Usage|Description|Arguments|(?:[\w-]+ )?(?:Sub|Available )?[Cc]ommands)$"
)
_NAME = r"[a-z0-9][\w.:-]*"
_ITEM = re.compile(
    rf"^(\s+)(\$ )?({_NAME}(?:(?:, ?| ?\| ?| ){_NAME})*?)\*?((?: [\[<(A-Z.][^ ]*)*)(?:\s{{2,}}|\t|$| (?=[A-Z][a-z]))"
)
_OPTION = re.compile(r"--?[A-Za-z0-9?#@_][\w.:?#@-]*|--\[no-?\][\w-]+|--no-\[[\w-]+\]")
_LINE = re.compile(r"^\s{0,14}(?:\*\s)?(-{1,2}\[?[A-Za-z0-9?#@_].*)$")
_TYPE = re.compile(
    r"^(?:string|strings|stringArray|stringToString|int|ints|int32|int64|uint\w*|integer|float\w*|list|map|duration|choice|value|val|filter"
    r"|bytes|path|file|filename|node-\w+|command|cidr|ip|ipNet\w*|network|pem|external-ca|decimal|mount|port|secret|config|gpu-request|ulimit|scale|bytes|order)$"
)
_MORE = re.compile(
    r"(?:list of (?:all |global )|for (?:all|more|a full list of) |see the man).*\b(?:options|flags)\b|--help[ =-]all\b|\bhelp all\b",
    re.IGNORECASE,
)
_LONGEST_TITLE = 5  # words; a longer line that ends in a colon is a sentence
_PASSES = re.compile(r"\b(?:command|cmd|prog(?:ram)?|args)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Help:
    """One help text, read. options: every one it names; None when it names none: nothing is known then."""

    options: frozenset[str] | None = None
    with_value: frozenset[str] = frozenset()
    subcommands: tuple[str, ...] = ()
    arguments: bool = False  # whether its usage takes words that are no subcommands
    passes: bool = False  # whether what follows its first argument belongs to another program
    aliases: tuple[str, ...] = ()  # what else it is called
    partial: bool = False  # whether it says that more options are told elsewhere


def read(text: str, path: tuple[str, ...] = ()) -> Help:
    """Read the help of `program sub …` (path: program and subs). What is not understood is left out."""
    lines = [_PAINT.sub("", line.expandtabs(8)).rstrip() for line in text.splitlines()]
    names, valued = _options(lines)
    subcommands = _subcommands(lines, path)
    usage = _usage(lines, path)
    return Help(
        options=frozenset(names) or None,
        with_value=frozenset(valued),
        subcommands=subcommands,
        arguments=not subcommands or _takes_words(usage, path),
        passes=not subcommands and _passes(usage, path),
        aliases=_aliases(lines),
        partial=any(_MORE.search(line) for line in lines),
    )


def spelled(name: str) -> tuple[str, ...]:
    """The options that one spelling in a help text means: --[no-]wait is two."""
    if name.startswith(("--[no-]", "--[no]")):
        rest = name.partition("]")[2]
        return f"--{rest}", f"--no-{rest}"
    return (name,)


def _options(lines: list[str]) -> tuple[set[str], set[str]]:
    names: set[str] = set()
    valued: set[str] = set()
    for at, line in enumerate(lines):
        found = _LINE.match(line)
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
        r"\[(string|number|array|count|boolean)\]", f"{tail} {following if not _LINE.match(following) else ''}"
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


def _subcommands(lines: list[str], path: tuple[str, ...]) -> tuple[str, ...]:
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
    return bool(_HEADING.match(line) or _BARE.match(line))


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


def _aliases(lines: list[str]) -> tuple[str, ...]:
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


def _usage(lines: list[str], path: tuple[str, ...]) -> list[str]:
    """The lines of the usage, those that are broken put together."""
    first = next((line for line in lines if line.strip()), "")
    if path and first.startswith(f"{path[0]} ["):
        return [first]
    for at, line in enumerate(lines):
        found = _USAGE.match(line)
        if found is None:
            continue
        block = [found[1]] if found[1] else []
        for more in lines[at + 1 :]:
            if not more.strip() and block:
                break
            if more.strip() and (not more.startswith(" ") or _HEADING.match(more) or _LINE.match(more) is not None):
                break
            if more.strip():
                block.append(more.strip())
        return block
    return []


def _words(usage: list[str], path: tuple[str, ...]) -> str:
    """What the usage says beyond the program, its subcommands and options."""
    text = " ".join(usage)
    text = re.sub(r"\[\s*\(?-[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]", " ", text)
    text = re.sub(r"[\[{<(]*\b(?:options?|flags?|global flags)\b[\])}>.,]*(?:\.\.\.)?", " ", text, flags=re.IGNORECASE)
    text = re.sub(r"(?:^|\s)(?:\$|or:|usage:)(?=\s|$)", " ", text, flags=re.IGNORECASE)
    for word in path:
        text = re.sub(rf"(?:^|(?<=[\s:])){re.escape(word)}(?=[\s:]|$):?", " ", text)
    return text


def _takes_words(usage: list[str], path: tuple[str, ...]) -> bool:
    """Whether a program with subcommands takes other words too; so when its usage is not said."""
    if not usage:
        return True
    text = _words(usage, path)
    text = re.sub(r"\{[\w,.:-]+\}", " ", text)
    text = re.sub(
        r"[\[<(]*\b(?:(?:sub|management )?commands?|args?|arguments)\b[\])>]*(?:\s?\.\.\.)?[\])>]*",
        " ",
        text,
        flags=re.IGNORECASE,
    )
    return bool(re.search(r"[A-Za-z]", re.sub(r"--?[\w-]+(?:[ =]<[^>]*>)?", " ", text)))


def _passes(usage: list[str], path: tuple[str, ...]) -> bool:
    text = _words(usage, path)
    return bool(_PASSES.search(text.partition(" -- ")[0])) and " -- " not in text
