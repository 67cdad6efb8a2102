"""A `fireline …` line is read as the remedy it names, or said not to be one."""

from __future__ import annotations

import pytest
from pydantic import Field

from fireline.errors import Usage
from fireline.run import line
from fireline.run.remedy import Parameters, Remedy
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


class Many(Parameters):
    """Lists, and something else."""

    tables: list[str] = Field(default_factory=list)
    steps: list[int] | None = None
    force: bool = False


MANY = Remedy("tidy", "resolve", "tidy up", "reversible", Many, MARK.plan, MARK.do, MARK.verify, None, short=True)


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        (["--tables", "a", "--tables=b"], Many(tables=["a", "b"])),
        (["--tables", "a, b"], Many(tables=["a", "b"])),
        (["--steps=1,2", "--force"], Many(steps=[1, 2], force=True)),
        ([], Many()),
    ],
)
def test_a_list_is_told_by_commas_or_again_and_again(told: list[str], heard: Many) -> None:
    read = line.read(["fireline", "resolve", "tidy", *told, "--target", "main"], {"resolve tidy": MANY})
    assert read is not None
    assert read.parameters == heard


def test_what_is_written_as_a_line_is_read_back_as_it_was() -> None:
    told = {"tables": ["a b", "c"], "steps": ["3"], "force": "true"}
    words = line.words(MANY, told, "main")
    assert words == [
        "fireline",
        "resolve",
        "tidy",
        "--target",
        "main",
        "--tables=a b",
        "--tables=c",
        "--steps=3",
        "--force=true",
    ]
    read = line.read(words, {"resolve tidy": MANY})
    assert read is not None
    assert read.parameters == line.build(MANY, told) == Many(tables=["a b", "c"], steps=[3], force=True)


def test_only_a_remedy_with_a_short_name_is_read_by_it() -> None:
    assert line.read(["fireline", "tidy", "--tables", "a"], {"resolve tidy": MANY}) is not None
    assert line.read(["fireline", "mark", "blue"], SHELF) is None
