"""SARIF: valid by the standard's own schema, the same for a finding whose line has moved, and with fixes that fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest

from fireline.runbook.lint.checking import Finding, Report, judge, rules
from fireline.runbook.lint.fixing import apply
from fireline.runbook.lint.formats import sarif
from fireline.runbook.lint.rule import Edit, Unknown
from fireline.runbook.lint.world import World

SCHEMA = Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json"
REFERENCE = Path(__file__).parents[3] / "data" / "incident-response.md"


@cache
def valid() -> Callable[[Any], Any]:
    made: Callable[[Any], Any] = fastjsonschema.compile(json.loads(SCHEMA.read_text()), use_default=False)
    return made


def run(report: Report, root: Path = Path("/repo")) -> dict[str, Any]:
    """The one run of the log, which is valid."""
    told = json.loads(json.dumps(sarif.document(report, rules(), root)))
    valid()(told)
    (only,) = told["runs"]
    assert isinstance(only, dict)
    return only


def one(line: int = 2, edits: tuple[Edit, ...] = (), **more: Any) -> Finding:
    said: dict[str, Any] = {"rule": "dead-link", "severity": "error", "column": 3, "step": None, "message": "leads nowhere", "evidence": "", "suggestion": "Mend it.", **more}  # fmt: skip
    return Finding("/repo/docs/a b.md", line=line, edits=edits, **said)


def report(*findings: Finding, text: str = "first\nsecond\nthird\n", **more: Any) -> Report:
    return Report(("/repo/docs/a b.md",), findings, texts={"/repo/docs/a b.md": text}, **more)


def test_the_reference_runbook_is_told_in_valid_sarif() -> None:
    text = REFERENCE.read_text()
    found = judge({REFERENCE: text}, World())
    told = run(found, REFERENCE.parents[2])
    assert len(told["results"]) == len(found.findings) > 10
    assert {result["ruleId"] for result in told["results"]} == {each.rule for each in found.findings}
    place = told["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "tests/data/incident-response.md", "uriBaseId": "%SRCROOT%"}


def test_every_rule_brings_its_words_and_each_result_points_at_its_rule() -> None:
    told = run(report(one(), one(rule="unreadable", line=1)))
    described = told["tool"]["driver"]["rules"]
    assert {each["id"] for each in described} == {*rules(), "unreadable"}
    assert all(each["shortDescription"]["text"] and each["help"]["markdown"] for each in described)
    assert [described[each["ruleIndex"]]["id"] for each in told["results"]] == ["dead-link", "unreadable"]


def test_a_result_has_its_place_level_and_sentences() -> None:
    (told,) = run(report(one(severity="info", evidence="ENOENT")))["results"]
    assert told["level"] == "note"
    assert told["message"]["text"] == "leads nowhere. ENOENT. Mend it."
    where = told["locations"][0]["physicalLocation"]
    assert where == {"artifactLocation": {"uri": "docs/a%20b.md", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 2, "startColumn": 3}}  # fmt: skip


def test_a_file_elsewhere_has_its_whole_address() -> None:
    (told,) = run(report(one()), Path("/other"))["results"]
    assert told["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///repo/docs/a%20b.md"}


def test_a_finding_is_the_same_after_its_line_has_moved_and_another_one_is_not() -> None:
    def prints(*found: Finding, text: str) -> list[str]:
        return [each["partialFingerprints"]["fireline/v1"] for each in run(report(*found, text=text))["results"]]

    before = prints(one(2), text="first\nsecond\n")
    assert prints(one(5), text="new\n\n\nfirst\n   second\n") == before
    assert prints(one(2), text="first\nother\n") != before
    assert prints(one(2, rule="placeholder"), text="first\nsecond\n") != before
    twice = prints(one(1), one(2), text="second\nsecond\n")
    assert twice[0] == before[0]
    assert len(set(twice)) == 2


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize(
    "edits",
    [
        (Edit(1, 1, "new"),),
        (Edit(3, 3, "new\nlines"),),
        (Edit(2, 1, "put in"),),
        (Edit(2, 2, ""),),
        (Edit(1, 2, "one"), Edit(3, 3, "two")),
    ],
)
def test_a_fix_makes_of_the_file_what_the_edits_make_of_it(edits: tuple[Edit, ...], end: str) -> None:
    text = "first\nsecond\nthird" + end
    (told,) = run(report(one(edits=edits), text=text))["results"]
    (change,) = told["fixes"][0]["artifactChanges"]
    for replaced in sorted(change["replacements"], key=lambda each: -each["deletedRegion"]["startLine"]):
        text = replace(text, replaced["deletedRegion"], replaced["insertedContent"]["text"])
    assert text == apply("first\nsecond\nthird" + end, edits)


def replace(text: str, region: dict[str, int], new: str) -> str:
    """As a reader of SARIF does it."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    begin = starts[region["startLine"] - 1] + region["startColumn"] - 1
    return text[:begin] + new + text[starts[region["endLine"] - 1] + region["endColumn"] - 1 :]


def test_what_was_not_checked_is_told_beside_the_results() -> None:
    unknown = (("/repo/docs/a b.md", Unknown(2, "SELECT 1", "no target was named")),)
    told = run(report(unknown=unknown))
    (note,) = told["invocations"][0]["toolExecutionNotifications"]
    assert (note["level"], note["message"]["text"]) == ("note", "Not checked: SELECT 1: no target was named")
    assert told["results"] == []
