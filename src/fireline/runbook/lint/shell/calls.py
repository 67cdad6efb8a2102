"""The programs that a bash command calls, by its grammar: each with its words, where it stands, and what it is piped into."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from tree_sitter import Node

from fireline.runbook.language import placeholders
from fireline.runbook.language.bashtree import too_much, tree_of, walk
from fireline.runbook.lint.shell.call import Call, Word
from fireline.runbook.lint.shell.runners import program, unwrap

__all__ = ["Call", "Word", "assignments", "calls", "functions", "masked"]

_LITERAL = {"word", "number", "raw_string", "string", "string_content", "concatenation", "ansi_c_string"}
_EXPANDS = ("expansion", "substitution", "brace_expression")
_GLOB = re.compile(r"(?<!\\)[*?\[]|^~")
_SIGNS = {"<", ">", ">>", ">|", "&>", "&>>", "<&", ">&", "<<<"}
_GROUPS = {
    "subshell",
    "compound_statement",
    "while_statement",
    "for_statement",
    "if_statement",
    "elif_clause",
    "case_statement",
}


@lru_cache(maxsize=4096)
def calls(command: str) -> tuple[Call, ...]:
    """Every call in the order of the text; empty when the command is too long or too odd to be looked into.

    What stands where the grammar could not follow is left out.
    """
    return () if too_much(command) else tuple(_Reader(command).read())


@lru_cache(maxsize=512)
def assignments(command: str) -> tuple[tuple[str, Word], ...]:
    """The NAME=value that stand alone or after export, in the order of the text; those before a call are the call's."""
    if too_much(command) or "=" not in command:
        return ()
    reader = _Reader(command)
    found = [one for one in walk(reader.root) if one.type == "variable_assignment"]
    return tuple(reader.assignment(one) for one in found if one.parent is None or one.parent.type != "command")


@lru_cache(maxsize=512)
def functions(command: str) -> frozenset[str]:
    """The names that the command itself gives to functions and aliases."""
    if too_much(command):
        return frozenset()
    root = tree_of(masked(command)).root_node
    defined = {_text(one.child_by_field_name("name")) for one in walk(root) if one.type == "function_definition"}
    named = {
        word.text.partition("=")[0]
        for call in calls(command)
        if call.name == "alias"
        for word in call.words
        if "=" in word.text
    }
    return frozenset(defined | named)


def masked(command: str) -> str:
    """The command with a word of as many bytes in the place of each placeholder, which bash would misread: <pod>."""
    out, at = "", 0
    for start, end in placeholders.in_command(command):
        if start and command[start - 1] == "<":  # a here-document
            continue
        out += command[at:start] + "x" * len(command[start:end].encode("utf-8", "replace"))
        at = end
    return out + command[at:]


@dataclass
class _Pipe:
    """A pipeline while it is read."""

    number: int
    names: list[str]


@dataclass(frozen=True)
class _Around:
    """What surrounds a command."""

    pipe: _Pipe | None = None
    place: int = 0
    redirects: tuple[tuple[str, str], ...] = ()
    here: Word | None = None
    more: tuple[Node, ...] = ()  # arguments that stand after the mark of a here-document
    negated: bool = False
    inside: str | None = None
    fed: bool = False
    captured: bool = False

    def alone(self) -> _Around:
        """The same for a command of its own within: in no pipeline, and with no redirection of its own."""
        return replace(self, pipe=None, place=0, redirects=(), here=None, more=(), fed=self.feeds)

    @property
    def feeds(self) -> bool:
        return self.fed or self.place > 0 or self.here is not None or any(sign == "<" for sign, _ in self.redirects)


@dataclass
class _Reader:
    """Walks the syntax tree of one command."""

    command: str
    found: list[tuple[int, Call, _Pipe | None]] = field(default_factory=list)
    pipes: int = 0

    def __post_init__(self) -> None:
        self.source = self.command.encode("utf-8", "replace")
        self.rows = self.source.split(b"\n")
        self.root = tree_of(masked(self.command)).root_node

    def read(self) -> Iterator[Call]:
        """The calls in the order of the text."""
        self._visit(self.root, _Around())
        for _, call, pipe in sorted(self.found, key=lambda one: one[0]):
            yield replace(call, pipeline=tuple(pipe.names), pipe=pipe.number) if pipe else call

    def _visit(self, node: Node, around: _Around) -> None:
        kind = node.type
        if kind == "ERROR":
            return
        if kind == "command":
            self._command(node, around)
        elif kind == "redirected_statement":
            self._redirected(node, around)
        elif kind == "pipeline":
            self._pipeline(_members(node), around)
        elif kind == "list":
            self._list(node.children, around)
        elif kind == "negated_command":
            self._each(node, replace(around, negated=True))
        elif kind == "function_definition":
            self._each(node, replace(_Around(), inside=_text(node.child_by_field_name("name"))))
        elif kind in ("command_substitution", "process_substitution"):
            self._each(node, replace(around.alone(), captured=kind == "command_substitution", negated=False))
        elif kind in _GROUPS:
            self._group(node, around.alone())
        else:
            self._each(node, around)

    def _each(self, node: Node, around: _Around) -> None:
        for child in node.children:
            self._visit(child, around)

    def _group(self, node: Node, around: _Around) -> None:
        """A loop, a branch, a subshell: what stands in a condition is looked at."""
        tests = {one.id for one in node.children_by_field_name("condition")}
        if node.type == "elif_clause":
            then = next((at for at, one in enumerate(node.children) if one.type == "then"), 0)
            tests = {one.id for one in node.children[:then]}
        for child in node.children:
            self._visit(child, replace(around, negated=around.negated or child.id in tests))

    def _list(self, children: list[Node], around: _Around) -> None:
        """`a && b || c`: what stands before || is looked at; a redirection around it is that of the last."""
        for at, child in enumerate(children):
            looked = around.negated or any(one.type == "||" for one in children[at + 1 :])
            own = around if at == len(children) - 1 else replace(around, redirects=(), here=None, more=())
            self._visit(child, replace(own, negated=looked))

    def _redirected(self, node: Node, around: _Around) -> None:
        body = node.child_by_field_name("body")
        own = around
        tail: list[Node] = []
        for one in node.children_by_field_name("redirect"):
            own = self._with(own, one)
            if one.type == "heredoc_redirect":
                tail += [
                    child for child in one.children if child.type in ("pipeline", "&&", "||") or _is_right(one, child)
                ]
            self._within_redirect(one, around)
        if body is None:
            return
        if tail and tail[0].type == "pipeline":
            self._piped_on(body, tail[0], own, around)
        elif tail:
            self._visit(body, replace(own, negated=own.negated or tail[0].type == "||"))
            for right in tail[1:]:
                self._visit(right, around)
        else:
            self._visit(body, own)

    def _within_redirect(self, redirect: Node, around: _Around) -> None:
        """The substitutions in the target of a redirection, and in a here-document."""
        for child in redirect.children:
            if child.type not in ("pipeline", "heredoc_body") and not _is_right(redirect, child):
                self._visit(child, around.alone())
            elif child.type == "heredoc_body":
                self._each(child, around.alone())

    def _with(self, around: _Around, redirect: Node) -> _Around:
        """What surrounds a command, with one more redirection."""
        if redirect.type == "heredoc_redirect":
            inner = around
            for child in redirect.children:
                inner = self._with(inner, child) if child.type.endswith("_redirect") else inner
            more = tuple(redirect.children_by_field_name("argument"))
            return replace(inner, here=self._here(redirect), more=more)
        if redirect.type == "herestring_redirect":
            words = [self._word(one) for one in redirect.children if one.is_named]
            return replace(around, here=words[-1] if words else None)
        sign = next((_text(one) for one in redirect.children if one.type in _SIGNS), "")
        number = next((_text(one) for one in redirect.children if one.type == "file_descriptor"), "")
        target = redirect.child_by_field_name("destination")
        shown = self._word(target).text if target is not None else ""
        kept = number if number not in ("0", "1") else ""
        return replace(around, redirects=(*around.redirects, (kept + sign, shown)))

    def _here(self, redirect: Node) -> Word:
        """The text of a here-document, with its place."""
        start = next((_text(one) for one in redirect.children if one.type == "heredoc_start"), "")
        body = next((one for one in redirect.children if one.type == "heredoc_body"), redirect)
        text = self._raw(body) if body is not redirect else ""
        quoted = start[:1] in "'\"\\"
        row, byte = body.start_point
        column = len(self.rows[row][:byte].decode("utf-8", "replace")) + 1
        return Word(text, text, row + 1, column, quoted or self._is_typed(body, text), quoted)

    def _piped_on(self, body: Node, pipeline: Node, own: _Around, around: _Around) -> None:
        """`cat <<EOF | psql`: the rest of the pipeline stands within the redirection, by this grammar."""
        members: list[tuple[Node, tuple[Node, ...]]] = []
        after: list[Node] = []
        for one in pipeline.children:
            if one.type not in ("|", "|&"):
                first, rest = (one.children[0], one.children[1:]) if one.type == "list" else (one, [])
                members += _members(first)
                after += rest
        negated = own.negated or any(one.type == "||" for one in after)
        self._pipeline(members, replace(around, negated=negated), first=(body, own))
        for one in after:
            self._visit(one, around)

    def _pipeline(
        self,
        members: list[tuple[Node, tuple[Node, ...]]],
        around: _Around,
        first: tuple[Node, _Around] | None = None,
    ) -> None:
        count = len(members) + (first is not None)
        pipe = _Pipe(self.pipes, [""] * count)
        self.pipes += 1
        inner = replace(around, pipe=pipe)
        if first is not None:
            self._visit(first[0], replace(first[1], pipe=pipe, place=0, negated=inner.negated))
        for at, (member, redirects) in enumerate(members, start=count - len(members)):
            last = at == count - 1
            own = replace(inner, place=at) if last else replace(inner, place=at, redirects=(), here=None, more=())
            for one in redirects:
                own = self._with(own, one)
                self._within_redirect(one, around)
            self._visit(member, own)

    def _command(self, node: Node, around: _Around) -> None:
        self._each(node, around.alone())
        name = node.child_by_field_name("name")
        if name is None or node.has_error:
            return
        for one in node.children:
            if one.type.endswith("_redirect"):
                around = self._with(around, one)
        words = [self._word(one) for one in (*node.children_by_field_name("argument"), *around.more)]
        first, words, through, more = unwrap(self._word(name.children[0] if name.children else name), words)
        assigned = [self.assignment(one) for one in node.children if one.type == "variable_assignment"]
        assigned += [(word.text.partition("=")[0], replace(word, text=word.text.partition("=")[2])) for word in more]
        call = Call(
            name=program(first, through),
            raw_name=first.text,
            words=tuple(words),
            line=first.line,
            column=first.column,
            place=around.place,
            redirects=around.redirects,
            here=around.here.text if around.here else None,
            here_word=around.here,
            through=tuple(through),
            negated=around.negated,
            inside=around.inside,
            assigned=tuple(assigned),
            fed=around.feeds,
            captured=around.captured,
            behind=_is_behind(node),
            fixed=first.literal,
        )
        if around.pipe is not None:
            around.pipe.names[around.place] = call.name
        self.found.append((node.start_byte, call, around.pipe))

    def assignment(self, node: Node) -> tuple[str, Word]:
        """The name that is assigned to, and the value."""
        value = node.child_by_field_name("value")
        name = _text(node.child_by_field_name("name"))
        place = self._word(node)
        return name, self._word(value) if value is not None else replace(place, text="", raw="", literal=True)

    def _raw(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _word(self, node: Node) -> Word:
        raw = self._raw(node)
        text, literal = self._unquoted(node, raw)
        row, byte = node.start_point
        column = len(self.rows[row][:byte].decode("utf-8", "replace")) + 1
        quoted = node.type in ("string", "raw_string", "ansi_c_string")
        return Word(text, raw, row + 1, column, literal, quoted)

    def _unquoted(self, node: Node, raw: str) -> tuple[str, bool]:
        """A word as the program sees it, and whether that is certain."""
        kind = node.type
        if kind == "concatenation":
            parts = [self._unquoted(one, self._raw(one)) for one in node.children]
            braces = any(one.type == "word" and self._raw(one) == "{" for one in node.children)
            return "".join(text for text, _ in parts), not braces and all(literal for _, literal in parts)
        if kind == "raw_string":
            return raw[1:-1], True
        if kind == "ansi_c_string":
            return raw[2:-1], "\\" not in raw
        as_it_is = kind in _LITERAL and self._is_typed(node, raw)
        if kind == "string":
            return re.sub(r'\\(["$`\\])', r"\1", raw[1:-1]), as_it_is
        if kind in ("word", "number"):
            return re.sub(r"\\(.)", r"\1", raw), as_it_is and not _GLOB.search(raw)
        return raw, as_it_is

    def _is_typed(self, node: Node, raw: str) -> bool:
        """Whether nothing in it is expanded, and nobody has to fill something in."""
        if any(one.type.endswith(_EXPANDS) for one in walk(node)):
            return False
        return not placeholders.in_command(raw)


def _members(node: Node) -> list[tuple[Node, tuple[Node, ...]]]:
    """The members of a pipeline, those of `a | b 2>err` within it too, each with the redirections around it."""
    redirects = node.children_by_field_name("redirect") if node.type == "redirected_statement" else []
    if redirects and not any(one.type == "heredoc_redirect" for one in redirects):
        body = node.child_by_field_name("body")
        inner = _members(body) if body is not None else []
        return [*inner[:-1], *((member, (*own, *redirects)) for member, own in inner[-1:])]
    if node.type == "pipeline":
        return [part for one in node.children if one.type not in ("|", "|&") for part in _members(one)]
    return [(node, ())]


def _is_behind(node: Node) -> bool:
    """Whether & stands behind the command, its pipeline or the group around it."""
    one: Node | None = node
    while one is not None and one.type not in ("function_definition", "command_substitution"):
        after = one.next_sibling
        if after is not None and after.type == "&":
            return True
        one = one.parent
    return False


def _is_right(redirect: Node, child: Node) -> bool:
    """Whether a child of a here-document is the command after its && or ||."""
    return any(one.id == child.id for one in redirect.children_by_field_name("right"))


def _text(node: Node | None) -> str:
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""
