from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.shell.pipelines import Pipeline, ends, pipelines
from fireline.runbook.lint.subject import Subject
from fireline.runbook.parse import parse_text


def of(command: str, language: str = "bash") -> list[Pipeline]:
    text = f"# A\n\n1. **Do:**\n   ```{language}\n{textwrap.indent(command, '   ')}\n   ```\n"
    return [one for found in Subject(Path("a.md"), text, parse_text(text)).commands for one in pipelines(found.calls)]


def test_members_are_told_as_what_runs_in_the_end() -> None:
    [one] = of("docker exec db sudo -u postgres pg_dump shop | nice gzip > f | tee g")
    assert [call.name for call in one.members] == ["docker", "gzip", "tee"]
    assert [call.name for call in one.programs] == ["pg_dump", "gzip", "tee"]


@pytest.mark.parametrize("line", ["set -o pipefail", "set -eo pipefail", "set -euo pipefail"])
def test_pipefail_holds_from_where_it_is_set(line: str) -> None:
    assert [one.strict for one in of(f"a | b\n{line}\nc | d")] == [False, True]


def test_pipefail_that_is_taken_back_does_not() -> None:
    assert [one.strict for one in of("set +o pipefail\na | b")] == [False]


def test_a_text_for_another_shell_has_pipelines_of_its_own() -> None:
    inner, strict = of("docker exec db sh -c 'a | b'\nssh db 'set -o pipefail; c | d'")
    assert ([call.name for call in inner.members], inner.strict, inner.carried) == (["a", "b"], False, True)
    assert ([call.name for call in strict.members], strict.strict) == (["c", "d"], True)


def test_what_is_no_bash_has_none() -> None:
    assert of("SELECT 1;", "sql") == []
    assert of("ls; wc") == []


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("docker exec db psql -l", "psql"),
        ("ssh db 'pg_dump a'", "pg_dump"),
        ("ssh db 'a | b'", "ssh"),
        ("xargs rm", "xargs"),
        ("ls", "ls"),
    ],
)
def test_a_call_ends_in_the_only_program_it_carries(command: str, name: str) -> None:
    assert ends(calls(command)[0]).name == name
