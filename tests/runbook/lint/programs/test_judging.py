"""Which calls a rule is given to judge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fireline.runbook.lint.programs import tools
from fireline.runbook.lint.programs.invocation import Invocation
from fireline.runbook.lint.programs.judging import ask, judged
from fireline.runbook.lint.rule import Fault, Unknown
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.lint.world import Tools, World
from fireline.runbook.parse import parse_text
from tests.runbook.rules.shelling import page


def told(*commands: str, programs: Tools | None) -> list[Fault | Unknown]:
    """One fault for each call that is given, with the line of its call and what it may look up."""

    def judge(command: Command, call: Call, found: Invocation) -> Iterator[Fault]:
        yield Fault(command.line(call.line), call.name, suggestion=ask(call, found.known))

    text = page(*commands)
    return list(judged(Subject(Path("a.md"), text, parse_text(text), World(tools=programs)), judge))


def test_every_call_of_a_known_program_is_given_with_its_line() -> None:
    found = told("psql -l\nfrob x", "sudo kubectl get pods", programs=tools.shipped())
    assert [(one.line, one.message) for one in found if isinstance(one, Fault)] == [(5, "psql"), (10, "kubectl")]


def test_who_wants_to_know_more_is_told_what_to_ask() -> None:
    (fault,) = told("kubectl get pods", programs=tools.shipped())
    assert isinstance(fault, Fault)
    assert fault.suggestion == "Run `kubectl get --help` where the steps run and take what is there."


def test_a_path_and_a_name_that_is_known_only_when_it_runs_are_not_given() -> None:
    assert told("./psql -l", "/opt/bin/psql -l", '"$PSQL" -l', programs=tools.shipped()) == []


def test_without_programs_each_is_unknown_and_not_clean() -> None:
    found = told("psql -l", programs=None)
    assert [(one.line, one.what, one.why) for one in found if isinstance(one, Unknown)] == [
        (5, "psql", "no programs were looked at")
    ]
