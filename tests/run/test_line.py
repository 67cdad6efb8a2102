"""A `fireline …` line is read as the remedy it names, or said not to be one."""

from __future__ import annotations

import pytest

from fireline.errors import Usage
from fireline.run import line
from tests.run.scene import MARK, Told

SHELF = {"resolve mark": MARK}


def test_argument_target_and_options_are_read_in_any_order() -> None:
    read = line.read(["fireline", "resolve", "mark", "--target", "main", "blue", "--level=destructive"], SHELF)
    assert read is not None
    assert (read.remedy.name, read.target, read.parameters) == ("mark", "main", Told(mark="blue", level="destructive"))


@pytest.mark.parametrize("words", [[], ["ls"], ["fireline"], ["fireline", "ack", "INC-1"], ["psql", "resolve", "mark"]])
def test_other_words_are_no_remedy(words: list[str]) -> None:
    assert line.read(words, SHELF) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["blue", "green"], "one word too many"),
        (["--colour", "blue"], "no option --colour"),
        (["--level"], "needs a value"),
    ],
)
def test_a_wrong_word_is_named_with_the_right_use(words: list[str], said: str) -> None:
    with pytest.raises(Usage, match=said) as wrong:
        line.read(["fireline", "resolve", "mark", *words], SHELF)
    assert wrong.value.hint == "Use: fireline resolve mark MARK --target TARGET [--level …]."


def test_what_the_remedys_model_refuses_is_one_line() -> None:
    with pytest.raises(Usage, match="resolve mark: level: "):
        line.build(MARK, {"level": 3})
