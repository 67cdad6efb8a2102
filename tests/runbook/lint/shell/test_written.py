"""Words are told as the program sees them, and what bash changes is no word that is known."""

from __future__ import annotations

import pytest

from fireline.runbook.language.bashtree import walk
from fireline.runbook.lint.shell.call import Word
from fireline.runbook.lint.shell.written import Written, masked


def words(command: str) -> list[Word]:
    """The arguments of the first command."""
    written = Written(command)
    node = next(one for one in walk(written.root) if one.type == "command")
    return [written.word(one) for one in node.children_by_field_name("argument")]


@pytest.mark.parametrize(
    "word",
    [
        "$x",
        '"$x"',
        "${x}y",
        "$(id)",
        "`id`",
        "{a,b}",
        "{1..3}",
        "*.sql",
        "~/x",
        "$'a\\n'",
        "<pod-name>",
        '"{{ name }}"',
    ],
)
def test_a_word_that_bash_changes_is_not_literal(word: str) -> None:
    assert not words(f"psql {word}")[0].literal


@pytest.mark.parametrize("word", ["x", "'$x'", '"a b"', "12", "a=b", "$'abc'", "--p='a b'", "a\\*b", "'*'"])
def test_a_word_that_bash_takes_as_it_stands_is_literal(word: str) -> None:
    assert words(f"psql {word}")[0].literal


def test_a_word_has_its_text_without_quotes_and_its_place_in_letters() -> None:
    grand, plain = words("echo 'größe \"x\"' \\\n  b\\ c")
    assert (grand.text, grand.raw, grand.line, grand.column, grand.quoted) == ('größe "x"', "'größe \"x\"'", 1, 6, True)
    assert (plain.text, plain.line, plain.column, plain.quoted) == ("b c", 2, 3, False)


def test_an_assignment_has_a_name_and_a_value_that_may_be_empty() -> None:
    written = Written("A='x y'\nB=")
    first, second = (one for one in walk(written.root) if one.type == "variable_assignment")
    assert [(name, value.text) for name, value in map(written.assignment, (first, second))] == [("A", "x y"), ("B", "")]


def test_a_here_document_is_a_word_that_is_known_when_its_mark_is_quoted_or_nothing_in_it_is_expanded() -> None:
    for text, literal in (("<<'E'\n$x\nE", True), ("<<E\n$x\nE", False), ("<<E\nx\nE", True)):
        written = Written(f"cat {text}")
        here = written.here(next(one for one in walk(written.root) if one.type == "heredoc_redirect"))
        assert (here.text.strip(), here.line, here.literal) == (text.split("\n")[1], 2, literal)


def test_a_mask_is_as_long_as_what_it_stands_for() -> None:
    assert masked("a <größe> b") == "a xxxxxxxxx b"
    assert masked("cat <<EOF") == "cat <<EOF"
