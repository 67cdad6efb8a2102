"""Every rule keeps its word: its bad example is found, its good one is clean, and its page has something to say."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline import shelf
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.runbook.lint.checking import rules
from fireline.runbook.lint.database.patient import open_
from fireline.runbook.lint.migrations.building import built
from fireline.runbook.lint.programs.tools import shipped
from fireline.runbook.lint.rule import Area, Fault, Rule, Severity, Unknown
from fireline.runbook.lint.subject import Subject
from fireline.runbook.lint.world import World
from fireline.runbook.parse import parse_text
from tests.runbook.rules.saying import of_reference

CORPUS = Path(__file__).parents[1] / "corpus"
RULES = sorted(shelf.read("fireline.runbook.rules", "rule").values(), key=lambda one: one.id)
by_rule = pytest.mark.parametrize("rule", RULES, ids=[one.id for one in RULES])
ASKED = ("expired certificates",)  # what post-mortems asked for: the example of one rule is not in a file
# Line and severity of what each rule finds in the reference runbook by itself; one that is not named finds nothing.
OF_THE_REFERENCE = {
    "acts-on-local-stack": [(79, "error"), (91, "error"), (91, "error")],
    "backup-before-quiet": [(52, "warning"), (142, "warning")],
    "contact-missing": [(313, "error"), (314, "error"), (315, "error")],
    "count-without-expectation": [(156, "warning"), (157, "warning")],
    "dead-link": [(line, "error") for line in (218, 255, 319, 320, 321)],
    "destroys-without-backup": [(262, "warning")],
    "destructive-without-approval": [(151, "info"), (262, "info")],
    "destructive-without-undo": [(151, "warning"), (262, "warning")],
    "no-symptoms": [(line, "warning") for line in (210, 241, 253, 267)],
    "no-verification": [(151, "info"), (162, "info"), (262, "warning"), (267, "info")],
    "owner-missing": [(1, "info")],
    "placeholder": [(151, "error"), (262, "error"), (275, "error")],
    "renamed-column": [(120, "error"), (122, "error"), (123, "error")],
    "restore-in-place": [(151, "warning"), (262, "warning")],
    "script-missing": [(151, "error"), (262, "error")],
    "type-mismatch": [(122, "error")],
    "waits-for-terminal": [(177, "error"), (271, "error")],
}
BOOK = "# Outage\n\n1. **Call the vendor**\n"


@cache
def programs() -> tuple[str, ...]:
    listed = (line.strip() for line in (CORPUS / "programs.txt").read_text().splitlines())
    return tuple(line for line in listed if line and not line.startswith("#"))


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Target:
    """The shop's database, with a reading role that may not everything."""
    patient: Target = request.getfixturevalue("patient")
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute((CORPUS / "shop.sql").read_text().encode())
        conn.execute(
            "DO $$BEGIN CREATE ROLE lint_reader LOGIN PASSWORD 'for-this-test' IN ROLE shop_oncall;"
            " EXCEPTION WHEN duplicate_object THEN NULL; END$$"
        )
    reader = make_conninfo(patient.dsn.reveal(), user="lint_reader", password="for-this-test")
    return replace(patient, read_dsn=Secret(reader))


def said(rule: Rule, text: str, request: pytest.FixtureRequest, folder: Path) -> list[Fault | Unknown]:
    """What the rule says of an example, with all that it asks for."""
    tools = shipped(programs())
    if "migrations" in rule.needs:
        (folder / "migrations").mkdir(exist_ok=True)
        (folder / "migrations" / "1.sql").write_text(text)
        with built(folder / "migrations") as (patient, unapplied):
            return look(rule, BOOK, World(target=patient, migrations=unapplied), folder)
    if "target" not in rule.needs:
        return look(rule, text, World(tools=tools, asked=ASKED), folder)
    with open_(request.getfixturevalue("shop")) as patient:
        return look(rule, text, World(target=patient, tools=tools), folder)


def look(rule: Rule, text: str, world: World, folder: Path) -> list[Fault | Unknown]:
    file = folder / "runbook.md"
    return list(rule.look(Subject(file, text, parse_text(text, str(file)), world)))


def faults(found: list[Fault | Unknown]) -> list[Fault]:
    return [one for one in found if isinstance(one, Fault)]


def assert_in_our_words(one: Fault) -> None:
    """A message in lower case and without a full stop; a suggestion as a sentence. Names and quotations stay as they are."""
    assert "\n" not in one.message
    assert not re.match(r"(?!PostgreSQL |Fireline )[A-Z][a-z]", one.message), one.message
    assert not one.message.endswith("."), one.message
    assert re.fullmatch(r"([A-Z`]|pg_).*[.?`]", one.suggestion, re.DOTALL), one.suggestion


def test_the_shelf_and_the_lint_know_the_same_rules() -> None:
    assert sorted(rules()) == [one.id for one in RULES]
    assert "unreadable" not in rules()


@by_rule
def test_a_rule_is_called_as_its_file_and_has_words_for_its_page(rule: Rule) -> None:
    name = next(
        name for name, module in sys.modules.items()
        if name.startswith("fireline.runbook.rules.") and getattr(module, "rule", None) is rule
    )  # fmt: skip
    assert rule.id == name.rpartition(".")[2].replace("_", "-")
    assert rule.area in get_args(Area)
    assert rule.severity in get_args(Severity)
    assert rule.summary[:1].isupper()
    assert not rule.summary.rstrip("`").endswith(".")
    assert "\n" not in rule.summary
    assert len(rule.why) > 40
    assert rule.why.strip().endswith((".", "`", ")"))
    assert rule.bad.strip() != rule.good.strip()


@by_rule
def test_it_says_of_itself_every_severity_that_its_findings_can_have(rule: Rule) -> None:
    file = next(
        module.__file__ for name, module in sys.modules.items()
        if name.startswith("fireline.runbook.rules.") and getattr(module, "rule", None) is rule
    )  # fmt: skip
    body = ast.parse(Path(str(file)).read_text()).body
    code = [one for one in body if not (isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "rule")]
    said = {node.value for one in code for node in ast.walk(one) if isinstance(node, ast.Constant)}
    assert said & set(get_args(Severity)) - {rule.severity} == set(rule.at_times)


@by_rule
def test_its_bad_example_is_found_at_its_place_and_its_good_one_is_clean(
    rule: Rule, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    found = faults(said(rule, rule.bad, request, tmp_path))
    assert found
    for one in found:
        assert 1 <= one.line <= rule.bad.count("\n") + 1
        assert one.column >= 1
        assert_in_our_words(one)
    assert faults(said(rule, rule.good, request, tmp_path)) == []


@by_rule
def test_in_the_reference_runbook_it_finds_what_is_there_and_no_more(rule: Rule) -> None:
    assert of_reference(rule) == OF_THE_REFERENCE.get(rule.id, [])


@by_rule
def test_without_what_it_needs_it_finds_nothing_and_gives_a_reason(rule: Rule, tmp_path: Path) -> None:
    bare = look(rule, BOOK if "migrations" in rule.needs else rule.bad, World(files=False), tmp_path)
    assert not rule.needs or set(rule.needs) == {"files"} or faults(bare) == []
    assert all(one.why for one in bare if isinstance(one, Unknown))
