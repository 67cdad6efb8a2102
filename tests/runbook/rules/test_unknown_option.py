from __future__ import annotations

from fireline.runbook.lint.programs import tools
from fireline.runbook.lint.rule import Unknown
from fireline.runbook.lint.world import World
from fireline.runbook.rules.unknown_option import rule
from tests.runbook.rules.saying import REFERENCE, look, of_file
from tests.runbook.rules.shelling import of, page

WORLD = World(tools=tools.shipped())


def test_the_reference_runbook_has_none() -> None:
    assert not of_file(rule, REFERENCE, WORLD)


def test_it_says_which_program_of_which_version_and_what_may_be_meant() -> None:
    (fault,) = of(rule, "kubectl scale deploy/web --replica=0", world=WORLD)
    assert fault.message.startswith("`kubectl scale` of kubectl ")
    assert fault.message.endswith("has no option `--replica`")
    assert fault.suggestion == "Perhaps `--replicas` is meant."


def test_a_slip_of_the_pen_is_mended() -> None:
    (fault,) = of(rule, "kubectl scale deploy/web --replica=0", world=WORLD)
    assert fault.edits[0].text.strip() == "kubectl scale deploy/web --replicas=0"


def test_what_is_handed_to_another_program_is_not_judged() -> None:
    assert not of(rule, "docker exec db frob --nothing-known", world=WORLD)
    assert not of(rule, "kubectl exec web -- frob --nothing-known", world=WORLD)


def test_each_option_is_one_fault_at_its_own_line() -> None:
    found = of(rule, "pg_dump --fromat=c \\\n  --fiel=x shop", world=WORLD)
    assert [one.line for one in found] == [5, 6]


def test_without_programs_it_is_unknown() -> None:
    (said,) = look(rule, page("pg_dump --fromat=c"))
    assert isinstance(said, Unknown)
