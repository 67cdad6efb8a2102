"""What a command within another takes over from what surrounds it."""

from __future__ import annotations

import pytest

from fireline.runbook.language.bashtree import text_of, tree_of
from fireline.runbook.lint.shell.around import Around, Pipe, members_of


@pytest.mark.parametrize(
    ("around", "fed"),
    [
        (Around(), False),
        (Around(place=1), True),
        (Around(redirects=(("<", "f"),)), True),
        (Around(redirects=((">", "f"), ("2>", "g"))), False),
        (Around(fed=True), True),
    ],
)
def test_what_stands_alone_within_is_fed_as_what_is_around_it_and_has_nothing_else_of_it(
    around: Around, fed: bool
) -> None:
    assert around.feeds is fed
    assert Around(
        pipe=Pipe(0, ["a"]), place=around.place, redirects=around.redirects, fed=around.fed
    ).alone() == Around(fed=fed)


def test_the_members_of_a_pipeline_are_found_behind_a_redirection_too() -> None:
    node = tree_of("a | b 2>err | c").root_node.children[0]
    found = members_of(node)
    assert [text_of(one) for one, _ in found] == ["a", "b", "c"]
    assert [[text_of(one) for one in redirects] for _, redirects in found] == [[], ["2>err"], []]
