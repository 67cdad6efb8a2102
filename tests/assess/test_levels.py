"""The levels of the SQL functions are those of the causes: each is used, and none is missing."""

from __future__ import annotations

from importlib.resources import files
from string import Formatter

from fireline.assess.functions import FILES
from fireline.assess.levels import LEVELS

ELSE = {"schema", "total"}  # which each target or the shelf decides


def test_the_functions_use_every_level_and_no_other() -> None:
    folder = files("fireline.assess") / "sql"
    texts = [(folder / f"{file}.sql").read_text(encoding="utf-8") for file in FILES]
    assert {name for text in texts for _, name, _, _ in Formatter().parse(text) if name is not None} - ELSE == set(
        LEVELS
    )
