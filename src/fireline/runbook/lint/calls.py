"""The programs that a bash command calls, by its grammar: each with its words, where it stands, and what it is piped into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from fireline.runbook.language.bashtree import text_of, too_much, tree_of, walk

_LITERAL = {"word", "number", "raw_string", "string", "string_content", "concatenation"}
# Words after which another program follows, with the options of the first that take a value.
_RUNNERS: dict[str, frozenset[str]] = {
    "sudo": frozenset({"-u", "-g", "-h", "-p", "-C", "-U", "--user", "--group"}),
    "env": frozenset({"-u", "-C", "--unset", "--chdir"}),
    "nohup": frozenset(),
    "time": frozenset(),
    "exec": frozenset({"-a"}),
    "command": frozenset(),
    "nice": frozenset({"-n"}),
    "timeout": frozenset({"-s", "-k", "--signal", "--kill-after"}),
    "npx": frozenset({"-p", "--package"}),
    "bunx": frozenset(),
}


@dataclass(frozen=True)
class Word:
    """One word of a call. text: without its quotes; literal: whether bash takes it as it stands."""

    text: str
    raw: str
    line: int  # within the command, from 1
    column: int  # from 1
    literal: bool
    quoted: bool  # in any quotes


@dataclass(frozen=True)
class Call:
    """A simple command. name: without its folder; through: the runners before it (sudo, npx …)."""

    name: str
    raw_name: str
    words: tuple[Word, ...]
    line: int  # of its name, within the command, from 1
    column: int
    pipeline: tuple[
        str, ...
    ] = ()  # the names of the whole pipeline it stands in, itself included; empty outside of one
    place: int = 0  # its place in the pipeline, from 0
    redirects: tuple[tuple[str, str], ...] = ()  # operator and text: (">", "dump.sql")
    here: str | None = None  # the text of its here-document or here-string
    here_word: Word | None = None  # the same as a word, with its place; a here-document is quoted when its end word is
    through: tuple[str, ...] = ()
    negated: bool = False  # in a condition, after `!`, or before `||`: its failure is looked at
    inside: str | None = None  # name of the function that it stands in

    @property
    def plain(self) -> tuple[str, ...]:
        """Its words that are no options, as far as they are literal: up to the first that is not."""
        found: list[str] = []
        for word in self.words:
            if word.text.startswith("-") and not word.quoted:
                continue
            if not word.literal:
                break
            found.append(word.text)
        return tuple(found)

    @property
    def options(self) -> tuple[Word, ...]:
        """Its words that begin with a dash, up to `--`."""
        found: list[Word] = []
        for word in self.words:
            if word.text == "--":
                break
            if word.text.startswith("-") and len(word.text) > 1 and not word.quoted:
                found.append(word)
        return tuple(found)

    def has(self, *options: str) -> bool:
        """Whether one of these options is given, also as --option=value."""
        return any(word.text.partition("=")[0] in options for word in self.words)


def calls(command: str) -> tuple[Call, ...]:
    """Every call in the order of the text; empty when the command is too long or too odd to be looked into."""
    if too_much(command):
        return ()
    return tuple(_call(node) for node in walk(tree_of(command).root_node) if node.type == "command" and _named(node))


def _named(node: Node) -> bool:
    return node.child_by_field_name("name") is not None


def _call(node: Node) -> Call:
    name = node.child_by_field_name("name")
    assert name is not None
    words = [_word(one) for one in _arguments(node)]
    first, through = _word(name.children[0] if name.children else name), []
    while (basename := first.text.rpartition("/")[2]) in _RUNNERS and words:
        rest = _after_runner(basename, words)
        if rest is None:
            break
        through.append(basename)
        first, words = rest[0], rest[1:]
    pipeline, place = _pipeline(node)
    return Call(
        name=first.text.rpartition("/")[2],
        raw_name=first.text,
        words=tuple(words),
        line=first.line,
        column=first.column,
        pipeline=pipeline,
        place=place,
        redirects=tuple(_redirects(node)),
        here=_here(node),
        here_word=_here_word(node),
        through=tuple(through),
        negated=_looked_at(node),
        inside=_function(node),
    )


def _arguments(node: Node) -> list[Node]:
    return list(node.children_by_field_name("argument"))


def _after_runner(name: str, words: list[Word]) -> list[Word] | None:
    """The words from the program on that a runner runs; None when there is none."""
    takes, at = _RUNNERS[name], 0
    while at < len(words):
        word = words[at]
        if word.text in takes:
            at += 2
        elif (
            word.text.startswith("-")
            or (name == "env" and "=" in word.text)
            or (name == "timeout" and word.text[:1].isdigit())
        ):
            at += 1
        else:
            return words[at:]
    return None


def _word(node: Node) -> Word:
    raw = text_of(node)
    quoted = node.type in ("string", "raw_string", "ansi_c_string")
    text = raw[1:-1] if quoted and len(raw) > 1 else raw
    literal = node.type in _LITERAL and not any(one.type.endswith(("expansion", "substitution")) for one in walk(node))
    if node.type == "concatenation" and literal:
        text = "".join(_word(one).text for one in node.children)
    return Word(text, raw, node.start_point[0] + 1, node.start_point[1] + 1, literal, quoted)


def _outer(node: Node) -> Node:
    """The node with its redirections around it."""
    parent = node.parent
    return parent if parent is not None and parent.type == "redirected_statement" else node


def _pipeline(node: Node) -> tuple[tuple[str, ...], int]:
    outer = _outer(node)
    pipe = outer.parent
    if pipe is None or pipe.type != "pipeline":
        return (), 0
    members = [one for one in pipe.children if one.type not in ("|", "|&")]
    names = tuple(_first_name(one) for one in members)
    return names, next((place for place, one in enumerate(members) if one.id == outer.id), 0)


def _first_name(member: Node) -> str:
    inner = member.children[0] if member.type == "redirected_statement" and member.children else member
    return text_of(inner.child_by_field_name("name")).rpartition("/")[2]


def _redirects(node: Node) -> Iterator[tuple[str, str]]:
    for one in _outer(node).children if _outer(node) is not node else node.children:
        if one.type == "file_redirect":
            sign = next(
                (text_of(child) for child in one.children if child.type in ("<", ">", ">>", ">|", "&>", "&>>")), ""
            )
            yield sign, text_of(one.child_by_field_name("destination"))


def _here(node: Node) -> str | None:
    for one in (*_outer(node).children, *node.children):
        if one.type == "heredoc_redirect":
            return next((text_of(child) for child in one.children if child.type == "heredoc_body"), "")
        if one.type == "herestring_redirect":
            return text_of(one).removeprefix("<<<").strip()
    return None


def _here_word(node: Node) -> Word | None:
    for one in (*_outer(node).children, *node.children):
        if one.type == "herestring_redirect":
            return next((_word(child) for child in reversed(one.children) if child.is_named), None)
        if one.type == "heredoc_redirect":
            body = next((child for child in one.children if child.type == "heredoc_body"), None)
            start = text_of(next((child for child in one.children if child.type == "heredoc_start"), None))
            if body is None:
                return None
            text, quoted = text_of(body), start[:1] in "'\"\\"
            literal = quoted or not any(inner.type.endswith(("expansion", "substitution")) for inner in walk(body))
            return Word(text, text, body.start_point[0] + 1, body.start_point[1] + 1, literal, quoted)
    return None


def _looked_at(node: Node) -> bool:
    child, parent = node, node.parent
    while parent is not None:
        if (
            parent.type in ("if_statement", "while_statement", "elif_clause")
            and parent.child_by_field_name("condition") == child
        ):
            return True
        if parent.type == "negated_command" or (
            parent.type == "list" and any(one.type == "||" for one in parent.children) and parent.children[-1] != child
        ):
            return True
        child, parent = parent, parent.parent
    return False


def _function(node: Node) -> str | None:
    parent = node.parent
    while parent is not None:
        if parent.type == "function_definition":
            return text_of(parent.child_by_field_name("name"))
        parent = parent.parent
    return None
