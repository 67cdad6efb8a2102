"""What an author left open in a command or a sentence: BUILD_ID, /path/to/backup.sql.gz, <pid>, [Contact Info]."""

from __future__ import annotations

import re

# In a command. What is certain by its shape stands first; bare capitals count only where the grammar says so.
CERTAIN = re.compile(
    r"<[A-Za-z](?:[\w .:/-]{0,60}\w)?>"  # <pid>, <backup file>
    r"|\{\{\s*[A-Za-z][\w. -]{0,60}\}\}"  # {{ name }}
    r"|\[(?:[Yy]our|[Ii]nsert|[Ee]nter|TODO|TBD)\b[^\[\]\n]{0,60}\]"  # [your token]
    r"|(?<![\w./~-])/?path/to/[^\s'\"`;|&<>(),]*"  # /path/to/backup.sql.gz
    r"|\b(?:YOUR|REPLACE|CHANGE|INSERT)_[A-Z0-9_]{2,60}\b|\b[A-Z][A-Z0-9_]{0,60}_HERE\b"
)
CAPITALS = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")  # BUILD_ID, as a whole word
_COMPARED = re.compile(r"\b(?:and|or|then|when|case|is|in)\b", re.IGNORECASE)

# In prose: square brackets that are no link and speak of something to be filled in.
_OPEN_WORDS = (
    r"contact|name|phone|mobile|e-?mail|number|info|insert|your|enter|todo|tbd|tbc|link|url|date|time|team|fill"
    r"|placeholder|person|address|slack|handle|pager|xxx+|id|telefon|nummer"
)
IN_PROSE = re.compile(rf"\[(?=[^\[\]\n]{{0,60}}\b(?:{_OPEN_WORDS})\b)[^\[\]\n]{{2,80}}\](?![(\[:])", re.IGNORECASE)
NOTHING_YET = re.compile(r"\W*(?:t\.?b\.?[dac]\.?|to ?do|n/?a|none|unknown|\?+|x{2,}|…|\.{2,}|-+|_+)\W*", re.IGNORECASE)

# Names that mean something to a shell: a placeholder must not take their place in the environment.
_KNOWN = """
    PATH HOME LANG LC_ALL USER LOGNAME SHELL PWD OLDPWD HOSTNAME UID EUID PPID RANDOM SECONDS LINENO IFS TERM TMPDIR
    EDITOR TZ BASH BASHPID BASH_SOURCE BASH_VERSION FUNCNAME OPTARG OPTIND REPLY PIPESTATUS HOSTTYPE OSTYPE MACHTYPE
    SHLVL COLUMNS LINES EPOCHSECONDS EPOCHREALTIME PS1 PS4 MAIL DISPLAY CDPATH GROUPS DIRSTACK HISTFILE
"""
KNOWN_VARIABLES = frozenset(_KNOWN.split())


def in_command(text: str) -> list[tuple[int, int]]:
    """Where the certain placeholders of a command stand, as (start, end) in characters."""
    return [
        match.span()
        for match in CERTAIN.finditer(text)
        if not (match[0].startswith("<") and _COMPARED.search(match[0]))  # a <b and c> d compares
    ]


def in_prose(text: str) -> list[str]:
    """The placeholders of a sentence, as they stand."""
    found = [match[0] for match in IN_PROSE.finditer(text)]
    return found + [text[start:end] for start, end in in_command(text) if text[start:end] not in found]


def unfilled(value: str) -> bool:
    """Whether a contact or an address that stands in the runbook is none: empty, TBD, ???, [Contact Info]."""
    return not value.strip() or bool(NOTHING_YET.fullmatch(value)) or bool(in_prose(value))


def name_of(token: str) -> str:
    """The name a placeholder is asked by, fit for an environment variable: BUILD_ID, BACKUP_SQL_GZ, PID."""
    inner = re.sub(r"^/?path/to/", "", token.strip("<>{}[] "))
    name = re.sub(r"[^A-Za-z0-9]+", "_", inner).strip("_").upper() or "VALUE"
    if name[0].isdigit():
        name = f"VALUE_{name}"
    return f"{name}_VALUE" if name in KNOWN_VARIABLES else name


def question_of(token: str) -> str:
    """How a person is asked for it."""
    return f"Which path stands for {token}?" if "path/to/" in token else f"What stands for {token}?"
