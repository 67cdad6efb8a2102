"""Front matter: plain JSON data, or a note."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fireline.runbook.page.frontmatter import split


def test_lines_stay_where_they_are() -> None:
    matter, body, notes = split("---\nowner: dba\nreviewed: 2026-11-23\n---\n# Title\n")
    assert (matter, notes) == ({"owner": "dba", "reviewed": "2026-11-23"}, [])
    assert body.split("\n")[4] == "# Title"


@pytest.mark.parametrize("text", ["# No\n", "---\n# A rule\n", "---\nonly words\n---\nmore\n", "----\na: b\n----\n"])
def test_a_rule_is_no_front_matter(text: str) -> None:
    assert split(text) == ({}, text, [])


BROKEN = {
    "a: [b": "line 2: expected ',' or ']', but got '<stream end>'",
    "a: &x [*x]": "it holds an alias",
    "a: " + "{b: " * 30 + "}" * 30: "it is nested too deep",
    "a: " + "[" * 400: "it holds too many brackets",
    "a: !!python/object:os.system x": "could not determine a constructor",
    "a: 2026-99-99": "it is not YAML",
}


@pytest.mark.parametrize(("yaml", "why"), BROKEN.items())
def test_what_is_broken_is_left_out_and_noted(yaml: str, why: str) -> None:
    matter, _, notes = split(f"---\n{yaml}\n---\nx\n")
    assert matter == {}
    assert len(notes) == 1
    assert notes[0].startswith("the front matter is left out: ")
    assert why in notes[0]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*"ab:-[]{}&*!|>'\"#?,%\n 1.", "a: ", "- ", "0x1f", ".inf", "2026-01-01", "!!set {a}", "<<: "]), max_size=40).map("".join))  # fmt: skip
def test_whatever_it_holds_is_json(yaml: str) -> None:
    json.dumps(split(f"---\n{yaml}\n---\nx")[0], allow_nan=False)
