"""The programs that a bash command calls, by its grammar: each with its words, where it stands, and what it is piped into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from tree_sitter import Node

from fireline.runbook.language.bashtree import text_of, too_much, walk
from fireline.runbook.lint.shell.around import Around, Pipe, members_of
from fireline.runbook.lint.shell.call import Call, Word
from fireline.runbook.lint.shell.runners import program, unwrap
from fireline.runbook.lint.shell.written import Written

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
    return () if too_much(command) else tuple(_Reader(Written(command)).read())


@lru_cache(maxsize=512)
def assignments(command: str) -> tuple[tuple[str, Word], ...]:
    """The NAME=value that stand alone or after export, in the order of the text; those before a call are the call's."""
    if too_much(command) or "=" not in command:
        return ()
    written = Written(command)
    found = [one for one in walk(written.root) if one.type == "variable_assignment"]
    return tuple(written.assignment(one) for one in found if one.parent is None or one.parent.type != "command")


@lru_cache(maxsize=512)
def functions(command: str) -> frozenset[str]:
    """The names that the command itself gives to functions and aliases."""
    if too_much(command):
        return frozenset()
    root = Written(command).root
    defined = {text_of(one.child_by_field_name("name")) for one in walk(root) if one.type == "function_definition"}
    named = {
        word.text.partition("=")[0]
        for call in calls(command)
        if call.name == "alias"
        for word in call.words
        if "=" in word.text
    }
    return frozenset(defined | named)


@dataclass
class _Reader:
    """Walks the syntax tree of one command."""

    written: Written
    found: list[tuple[int, Call, Pipe | None]] = field(default_factory=list)
    pipes: int = 0

    def read(self) -> Iterator[Call]:
        """The calls in the order of the text."""
        self._visit(self.written.root, Around())
        for _, call, pipe in sorted(self.found, key=lambda one: one[0]):
            yield replace(call, pipeline=tuple(pipe.names), pipe=pipe.number) if pipe else call

    def _visit(self, node: Node, around: Around) -> None:
        kind = node.type
        if kind == "ERROR":
            return
        if kind == "command":
            self._command(node, around)
        elif kind == "redirected_statement":
            self._redirected(node, around)
        elif kind == "pipeline":
            self._pipeline(members_of(node), around)
        elif kind == "list":
            self._list(node.children, around)
        elif kind == "negated_command":
            self._each(node, replace(around, negated=True))
        elif kind == "function_definition":
            self._each(node, replace(Around(), inside=text_of(node.child_by_field_name("name"))))
        elif kind in ("command_substitution", "process_substitution"):
            self._each(node, replace(around.alone(), captured=kind == "command_substitution", negated=False))
        elif kind in _GROUPS:
            self._group(node, around.alone())
        else:
            self._each(node, around)

    def _each(self, node: Node, around: Around) -> None:
        for child in node.children:
            self._visit(child, around)

    def _group(self, node: Node, around: Around) -> None:
        """A loop, a branch, a subshell: what stands in a condition is looked at."""
        tests = {one.id for one in node.children_by_field_name("condition")}
        if node.type == "elif_clause":
            then = next((at for at, one in enumerate(node.children) if one.type == "then"), 0)
            tests = {one.id for one in node.children[:then]}
        for child in node.children:
            self._visit(child, replace(around, negated=around.negated or child.id in tests))

    def _list(self, children: list[Node], around: Around) -> None:
        """`a && b || c`: what stands before || is looked at; a redirection around it is that of the last."""
        for at, child in enumerate(children):
            looked = around.negated or any(one.type == "||" for one in children[at + 1 :])
            own = around if at == len(children) - 1 else replace(around, redirects=(), here=None, more=())
            self._visit(child, replace(own, negated=looked))

    def _redirected(self, node: Node, around: Around) -> None:
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

    def _within_redirect(self, redirect: Node, around: Around) -> None:
        """The substitutions in the target of a redirection, and in a here-document."""
        for child in redirect.children:
            if child.type not in ("pipeline", "heredoc_body") and not _is_right(redirect, child):
                self._visit(child, around.alone())
            elif child.type == "heredoc_body":
                self._each(child, around.alone())

    def _with(self, around: Around, redirect: Node) -> Around:
        """What surrounds a command, with one more redirection."""
        if redirect.type == "heredoc_redirect":
            inner = around
            for child in redirect.children:
                inner = self._with(inner, child) if child.type.endswith("_redirect") else inner
            more = tuple(redirect.children_by_field_name("argument"))
            return replace(inner, here=self.written.here(redirect), more=more)
        if redirect.type == "herestring_redirect":
            words = [self.written.word(one) for one in redirect.children if one.is_named]
            return replace(around, here=words[-1] if words else None)
        sign = next((text_of(one) for one in redirect.children if one.type in _SIGNS), "")
        number = next((text_of(one) for one in redirect.children if one.type == "file_descriptor"), "")
        target = redirect.child_by_field_name("destination")
        shown = self.written.word(target).text if target is not None else ""
        kept = number if number not in ("0", "1") else ""
        return replace(around, redirects=(*around.redirects, (kept + sign, shown)))

    def _piped_on(self, body: Node, pipeline: Node, own: Around, around: Around) -> None:
        """`cat <<EOF | psql`: the rest of the pipeline stands within the redirection, by this grammar."""
        members: list[tuple[Node, tuple[Node, ...]]] = []
        after: list[Node] = []
        for one in pipeline.children:
            if one.type not in ("|", "|&"):
                first, rest = (one.children[0], one.children[1:]) if one.type == "list" else (one, [])
                members += members_of(first)
                after += rest
        negated = own.negated or any(one.type == "||" for one in after)
        self._pipeline(members, replace(around, negated=negated), first=(body, own))
        for one in after:
            self._visit(one, around)

    def _pipeline(
        self,
        members: list[tuple[Node, tuple[Node, ...]]],
        around: Around,
        first: tuple[Node, Around] | None = None,
    ) -> None:
        count = len(members) + (first is not None)
        pipe = Pipe(self.pipes, [""] * count)
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

    def _command(self, node: Node, around: Around) -> None:
        self._each(node, around.alone())
        name = node.child_by_field_name("name")
        if name is None or node.has_error:
            return
        for one in node.children:
            if one.type.endswith("_redirect"):
                around = self._with(around, one)
        words = [self.written.word(one) for one in (*node.children_by_field_name("argument"), *around.more)]
        first, words, through, more = unwrap(self.written.word(name.children[0] if name.children else name), words)
        assigned = [self.written.assignment(one) for one in node.children if one.type == "variable_assignment"]
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
