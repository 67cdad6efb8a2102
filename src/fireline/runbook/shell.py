"""Bash as a runbook holds it, by its grammar: what it asks for, what it destroys, whether it is only `fireline` lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Node

from fireline.runbook.language import placeholders
from fireline.runbook.language.bashtree import text_of, too_much, tree_of, walk
from fireline.runbook.language.verbs import destructive_words

__all__ = ["Open", "Script", "comments", "destructive_words", "fill", "fireline_lines", "script", "variables"]

_NAME_SETTERS = {"read", "getopts", "mapfile", "readarray", "printf", "export", "declare", "local", "typeset"}
_TAKE_NAMES = {*_NAME_SETTERS, "unset", "printenv", "env", "echo", "test", "["}  # their capitals are meant as they are
_TAKES_NAME_NEXT = {"-e", "--env", "--build-arg", "-v", "-s"}
_INTERPRETERS = {"bash", "sh", "zsh", "dash", "ssh", "eval", "psql", "mysql", "sqlite3", "mongosh", "redis-cli"}
_INTERPRETERS |= {"python", "python3", "node", "ruby", "perl", "php", "awk", "sed", "jq", "su", "xargs", "parallel"}
_CODE_NEXT = {"-c", "-e", "--command", "--eval", "--exec", "-ec", "-lc"}
_PLAIN = re.compile(r"[^*?\[\]{}~`$!]*")


@dataclass(frozen=True)
class Open:
    """A placeholder of a command: the name it is asked by, and as it stands."""

    name: str
    token: str
    line: int  # within the command, from 1


@dataclass(frozen=True)
class Script:
    """A command whose placeholders have become variables of the environment: what bash is given.

    unbound: placeholders where no variable can stand, such as within a quoted here-document.
    """

    command: str
    opens: tuple[Open, ...]
    unbound: tuple[str, ...] = ()


def variables(command: str) -> list[str]:
    """Names of the variables that must come from outside: used, but neither assigned nor known to every shell."""
    if too_much(command):
        return []
    used: dict[str, None] = {}
    assigned: set[str] = set()
    for node in walk(tree_of(command).root_node):
        if node.type != "variable_name" or node.parent is None:
            assigned |= _read_names(node)
            continue
        if node.parent.type in ("variable_assignment", "for_statement", "declaration_command", "unset_command"):
            assigned.add(text_of(node))
        elif not _has_default(node):
            used[text_of(node)] = None
    return [name for name in used if name.isidentifier() and name not in assigned and not _known(name)]


def _known(name: str) -> bool:
    return name in placeholders.KNOWN_VARIABLES or name.startswith(("BASH_", "LC_"))


def _has_default(name: Node) -> bool:
    """Whether the script itself says what holds without a value: ${NAME:-x}, ${NAME:+x}."""
    parent = name.parent
    if parent is None or parent.type != "expansion":
        return False
    return any(child.type in (":-", "-", ":=", "=", ":+", "+") for child in parent.children)


def _read_names(node: Node) -> set[str]:
    """The names that `read`, `mapfile` and their like assign."""
    if node.type != "command" or text_of(node.child_by_field_name("name")) not in _NAME_SETTERS:
        return set()
    return {text_of(one) for one in node.children_by_field_name("argument") if text_of(one).isidentifier()}


def comments(command: str) -> list[tuple[int, str]]:
    """The comments that stand between commands, each with its line from 0; not those within a here-document."""
    if too_much(command) or "#" not in command:
        return []
    root = tree_of(command).root_node
    return [(one.start_point[0], text_of(one).lstrip("#! \t")) for one in root.children if one.type == "comment"]


def fireline_lines(command: str) -> list[list[str]] | None:
    """The arguments of each line when every command is a plain `fireline …` line; None otherwise.

    A declared parameter stands as $NAME, and a `$` stands for nothing else: see `fill`.
    """
    if "fireline" not in command or too_much(command):
        return None
    root = tree_of(command).root_node
    if root.has_error:
        return None
    lines: list[list[str]] = []
    for one in root.children:
        if one.type in ("comment", "\n", ";"):
            continue
        argv = _arguments(one) if one.type == "command" else None
        if argv is None or argv[0] != "fireline":
            return None
        lines.append(argv)
    return lines or None


def _arguments(command: Node) -> list[str] | None:
    """The words of a plain command; None when bash would do more than take them as they stand."""
    words: list[str] = []
    for child in command.children:
        node = child.children[0] if child.type == "command_name" and child.children else child
        word = _word(node)
        if word is None:
            return None
        words.append(word)
    return words or None


def _word(node: Node) -> str | None:
    text = text_of(node)
    if node.type in ("word", "number"):
        return re.sub(r"\\(.)", r"\1", text) if _PLAIN.fullmatch(text) else None
    if node.type == "raw_string":
        return text[1:-1] if "$" not in text else None
    if node.type == "simple_expansion":
        name = text.removeprefix("$")
        return text if name.isidentifier() and not _known(name) else None
    if node.type == "string":
        inner = node.children[1:-1]
        if not inner:
            return text[1:-1] if _PLAIN.fullmatch(text[1:-1]) else None
        parts = [_word(one) if one.type == "simple_expansion" else _quoted(one) for one in inner]
        return None if None in parts else "".join(part or "" for part in parts)
    if node.type == "concatenation":
        parts = [_word(one) for one in node.children]
        return None if None in parts else "".join(part or "" for part in parts)
    return None


def _quoted(node: Node) -> str | None:
    """What stands literally between double quotes."""
    text = text_of(node)
    if node.type != "string_content" or "$" in text or "`" in text or "\\" in text:
        return None
    return text


def fill(argument: str, values: Mapping[str, str]) -> str:
    """An argument of `fireline_lines` with the values of its parameters; a missing one is a KeyError."""
    return re.sub(r"\$([A-Za-z_][A-Za-z0-9_]*)", lambda match: values[match[1]], argument)


@lru_cache(maxsize=256)
def script(command: str) -> Script:
    """The command with `"$NAME"` in the place of each placeholder, quoted as the place needs; the rest is untouched."""
    if too_much(command):
        return Script(command, (), tuple(command[start:end] for start, end in placeholders.in_command(command)))
    spans = placeholders.in_command(command)
    masked = command
    for start, end in spans:  # <pid> would be read as a redirection
        masked = masked[:start] + "x" * (end - start) + masked[end:]
    root = tree_of(masked).root_node
    found = [(start, end, _place(root, masked, start, end)) for start, end in spans]
    if placeholders.CAPITALS.search(masked):
        found += [(*_span(masked, node), _around(node)) for node in walk(root) if _is_open(node)]
    taken = {text_of(node) for node in walk(root) if _assigns(node)}
    return _replaced(command, sorted(found), taken)


def _assigns(node: Node) -> bool:
    return node.type == "variable_name" and node.parent is not None and node.parent.type == "variable_assignment"


def _span(text: str, node: Node) -> tuple[int, int]:
    """A node's place in characters."""
    raw = text.encode("utf-8", "replace")
    start = len(raw[: node.start_byte].decode("utf-8", "replace"))
    return start, start + len(text_of(node))


def _place(root: Node, text: str, start: int, end: int) -> str:
    first = len(text[:start].encode("utf-8", "replace"))
    last = len(text[:end].encode("utf-8", "replace"))
    return _around(root.descendant_for_byte_range(first, max(first, last - 1)))


def _around(node: Node | None) -> str:
    """The quoting at a node: bare, string, raw_string, here, comment, or closed where nothing can be expanded."""
    while node is not None:
        if node.type in ("string", "raw_string"):
            return "closed" if _is_code(node) else node.type
        if node.type == "comment":
            return "comment"
        if node.type == "heredoc_body":
            start = (
                next((one for one in node.parent.children if one.type == "heredoc_start"), None)
                if node.parent
                else None
            )
            return "closed" if re.search(r"[\"'\\]", text_of(start)) else "here"
        if node.type in ("ansi_c_string", "heredoc_start", "regex"):
            return "closed"
        if node.type in ("command", "command_substitution", "program"):
            return "bare"
        node = node.parent
    return "bare"


def _is_code(quoted: Node) -> bool:
    """Whether a quoted text is a program for another interpreter: no value may become part of that."""
    command = quoted.parent
    while command is not None and command.type != "command":
        command = command.parent
    if command is None or text_of(command.child_by_field_name("name")).rpartition("/")[2] not in _INTERPRETERS:
        return False
    before = quoted.prev_sibling
    return " " in text_of(quoted).strip() or (before is not None and text_of(before) in _CODE_NEXT)


def _is_open(node: Node) -> bool:
    """Whether a node is a bare word in capitals that a command takes: BUILD_ID, not `export BUILD_ID`."""
    if node.type not in ("word", "string_content") or not placeholders.CAPITALS.fullmatch(text_of(node)):
        return False
    whole = node.parent if node.type == "string_content" else node
    if whole is None or whole.parent is None or whole.parent.type != "command" or whole.child_count > 3:  # noqa: PLR2004 - quote, content, quote
        return False
    if text_of(whole.parent.child_by_field_name("name")) in _TAKE_NAMES:
        return False
    before = whole.prev_sibling
    return before is not None and text_of(before) not in _TAKES_NAME_NEXT


def _replaced(command: str, found: list[tuple[int, int, str]], taken: set[str]) -> Script:
    forms = {"bare": '"${name}"', "string": "${{{name}}}", "here": "${{{name}}}", "raw_string": "'\"${name}\"'"}
    out, at = "", 0
    opens: list[Open] = []
    unbound: list[str] = []
    for start, end, place in found:
        token = command[start:end]
        if place == "comment" or start < at:
            continue
        if place == "closed":
            unbound.append(token)
            continue
        name = placeholders.name_of(token)
        name = f"{name}_VALUE" if name in taken else name
        out += command[at:start] + forms[place].format(name=name)
        at = end
        opens.append(Open(name, token, command[:start].count("\n") + 1))
    return Script(out + command[at:], tuple(opens), tuple(unbound))
