"""Whether a text that names no language is a command of the shell: it is parsed, and its programs must be known ones."""

from __future__ import annotations

import re
from functools import lru_cache

from tree_sitter import Node

from fireline.runbook.language import placeholders
from fireline.runbook.language.bashtree import text_of, too_much, tree_of, walk
from fireline.runbook.language.programs import ENGLISH, PROGRAMS

_LOOKS = re.compile(
    r"\s*[a-z.~/][\w./~-]{1,60}(?:\s+[\w./:@=<>\"'$-]{1,80}){0,12}?\s+(?:-{1,2}[A-Za-z][\w-]*|[\w.~-]*/[\w./-]+)(?:[\s=].*)?"
)
_MOST_LINES = 20
LONGEST = 4_000  # characters of a text without a language that is looked into
_BUILTINS = {
    "cd",
    "echo",
    "export",
    "set",
    "source",
    ".",
    "printf",
    "unset",
    "exit",
    "wait",
    "trap",
    "read",
    "[",
    "ulimit",
}
_PATH = re.compile(r"(?:\.{1,2}/|/|~/|[\w.-]+/)[\w./@+-]*[\w]")
_SIGN = re.compile(r"^-{1,2}\w|[/=$@*_]|\w[.:]\w|\d{3}|^[\"'.]")  # what a word of a sentence hardly has
_RUNNERS = {"sudo", "time", "nice", "nohup", "env", "xargs", "watch", "timeout", "exec", "doas", "ionice", "command"}
_SERVICE = {"start", "stop", "restart", "status", "reload"}
_PROSE = frozenset(
    """
    an and are as be been by can for from has have if in into is it its must not of on or should shows that the their then there
    these this to used uses was were what when where which while will with you your
    der die das ist und nicht mit wird ein eine von zu les est et une el los para que di het een niet
    """.split()  # noqa: SIM905 - a list of words is easier to read than of strings
)


@lru_cache(maxsize=4096)
def is_shell(text: str) -> bool:
    """Whether all of a text is commands whose programs are known, one of them with an argument, and none reads like a sentence."""
    if len(text) > LONGEST or too_much(text) or not text.strip():
        return False
    root = tree_of(_filled(text)).root_node
    if root.has_error:
        return False
    found = [one for one in walk(root) if one.type == "command"]
    own = {text_of(one.child_by_field_name("name")) for one in walk(root) if one.type == "function_definition"}
    named = [one for one in found if one.child_by_field_name("name") is not None]
    judged = [_judged(one, own) for one in named]
    return bool(judged) and all(one is not None for one in judged) and any(judged)


def seems_shell(text: str) -> bool:
    """Whether a text has the look of commands, though nobody knows its programs: a word, and behind it options or paths."""
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    return bool(lines) and len(lines) <= _MOST_LINES and all(_LOOKS.fullmatch(line) for line in lines)


def _filled(text: str) -> str:
    """The text with a word in the place of each placeholder, which bash would take for a redirection."""
    out, at = "", 0
    for start, end in placeholders.in_command(text):
        if start and text[start - 1] == "<":  # a here-document
            continue
        out += text[at:start] + "_" * (end - start)
        at = end
    return out + text[at:]


def _judged(command: Node, own: set[str]) -> bool | None:
    """Whether a command shows by itself that it is one; None when it may well be none."""
    name = text_of(command.child_by_field_name("name"))
    words = [text_of(one) for one in command.children_by_field_name("argument")]
    if name.startswith("$") or name in own or name in _BUILTINS:
        return False
    bare = [one.casefold().strip(",;") for one in words]
    if any(one in _PROSE for one in bare[:6]):
        return None
    if words and words[-1].endswith((":", ",", "!")):
        return None
    signs = any(_SIGN.search(one) for one in words) or (name == "service" and bool(_SERVICE & set(words)))
    inner = next((one for one in words if not one.startswith("-") and not one[:1].isdigit()), "")
    signs = signs or (name in _RUNNERS and inner in PROGRAMS)
    if name in PROGRAMS:
        sure = bool(words) and (signs or name not in ENGLISH)
        piped = command.parent is not None and command.parent.type in ("pipeline", "redirected_statement", "list")
        return sure if sure or name not in ENGLISH or piped else None
    path = bool(_PATH.fullmatch(name)) and "/" in name
    return bool(words) or name.startswith(("./", "../")) or name.endswith(".sh") if path else None
