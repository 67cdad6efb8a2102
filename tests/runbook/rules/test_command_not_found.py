from __future__ import annotations

import pytest

from fireline.runbook.lint.programs import tools
from fireline.runbook.lint.rule import Unknown
from fireline.runbook.lint.world import World
from fireline.runbook.rules.command_not_found import rule
from tests.runbook.rules.saying import look
from tests.runbook.rules.shelling import of, page

WORLD = World(tools=tools.shipped(["psql", "grep", "sudo"]))


def test_what_brings_it_is_told() -> None:
    (fault,) = of(rule, "jq . x.json", world=WORLD)
    assert fault.message == "`jq` is not on PATH of this machine"
    assert fault.suggestion == "Install it where the steps run: `apt install jq`."


def test_each_program_is_told_once_at_its_first_call() -> None:
    found = of(rule, "psql -l\nfrob a\nfrob b", "frob c | grep x", world=WORLD)
    assert [one.line for one in found] == [6]


@pytest.mark.parametrize(
    "command",
    [
        "cd /srv && export A=b; source env.sh; [ -f x ] && echo yes",
        "./scripts/backup.sh && /opt/tool/run",
        "frob() { psql -l; }\nfrob now",
        "alias frob=psql\nfrob -l",
        "npx frob deploy",
        '"$TOOL" --now',
        "TOOL_NAME deploy",
        "sudo psql -l",
    ],
)
def test_what_is_no_program_of_path_is_no_fault(command: str) -> None:
    assert not of(rule, command, world=WORLD)


def test_a_program_behind_sudo_is_looked_up() -> None:
    (fault,) = of(rule, "sudo frob -l", world=WORLD)
    assert "`frob`" in fault.message


def test_without_programs_it_is_unknown() -> None:
    (said,) = look(rule, page("psql -l"))
    assert isinstance(said, Unknown)
