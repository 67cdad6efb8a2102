"""What a call is told by its words."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.shell.runners import option_names
from fireline.runbook.lint.terminal.told import after, given, told
from tests.runbook.lint.shell.calling import one


def test_words_are_told_with_and_without_those_that_may_be_the_value_of_an_option() -> None:
    assert told(one("kubectl -n shop get pods")) == (("shop", "get", "pods"), ("get", "pods"))
    assert told(one("kubectl --namespace=shop get pods")) == (("get", "pods"),)


def test_a_word_that_is_open_counts_as_one() -> None:
    (words,) = told(one('gh run watch "$RUN"'))
    assert len(words) == 3
    assert after(("run", "watch"), words) == 1


def test_what_follows_is_counted_without_assignments_and_another_beginning_is_none() -> None:
    assert after(("apply",), ("apply", "a=b", "plan")) == 1
    assert after(("apply",), ("plan", "apply")) is None


@pytest.mark.parametrize(
    ("command", "options", "there"),
    [
        ("apt install -y nginx", "-y --yes", True),
        ("apt-get -qy install nginx", "-y", True),
        ("wrangler rollback --yes=true", "--yes", True),
        ("apt install nginx", "-y --yes", False),
        ("apt install --yesterday nginx", "-y --yes", False),
    ],
)
def test_an_option_is_given_alone_with_a_value_or_among_letters(command: str, options: str, there: bool) -> None:
    assert given(one(command), option_names(options)) is there
