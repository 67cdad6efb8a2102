"""What surrounds a command while a text of bash is read: its pipeline, its redirections, what feeds it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tree_sitter import Node

from fireline.runbook.lint.shell.call import Word


@dataclass
class Pipe:
    """A pipeline while it is read."""

    number: int
    names: list[str]


@dataclass(frozen=True)
class Around:
    """What surrounds a command."""

    pipe: Pipe | None = None
    place: int = 0
    redirects: tuple[tuple[str, str], ...] = ()
    here: Word | None = None
    more: tuple[Node, ...] = ()  # arguments that stand after the mark of a here-document
    negated: bool = False
    inside: str | None = None
    fed: bool = False
    captured: bool = False

    def alone(self) -> Around:
        """The same for a command of its own within: in no pipeline, and with no redirection of its own."""
        return replace(self, pipe=None, place=0, redirects=(), here=None, more=(), fed=self.feeds)

    @property
    def feeds(self) -> bool:
        """Whether something is given to its standard input."""
        return self.fed or self.place > 0 or self.here is not None or any(sign == "<" for sign, _ in self.redirects)


def members_of(node: Node) -> list[tuple[Node, tuple[Node, ...]]]:
    """The members of a pipeline, those of `a | b 2>err` within it too, each with the redirections around it."""
    redirects = node.children_by_field_name("redirect") if node.type == "redirected_statement" else []
    if redirects and not any(one.type == "heredoc_redirect" for one in redirects):
        body = node.child_by_field_name("body")
        inner = members_of(body) if body is not None else []
        return [*inner[:-1], *((member, (*own, *redirects)) for member, own in inner[-1:])]
    if node.type == "pipeline":
        return [part for one in node.children if one.type not in ("|", "|&") for part in members_of(one)]
    return [(node, ())]
