"""The lint as a team's CI meets it: the example of a GitHub workflow and the pre-commit hook, carried out."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "docs" / "examples" / "github-action.yml"
SCHEMA = ROOT / "tests" / "runbook" / "lint" / "formats" / "data" / "sarif-2.1.0-rtm.5.json"
BOOK = """# Orders

Owner: the shop's team. Reviewed: 2026-11-01.

## Orders are stuck

**Symptoms:** orders do not leave the queue

1. Look at the biggest

   ```sql
   SELECT id, total FROM orders ORDER BY total DESC LIMIT 10;
   ```
"""
ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL);\n"
BREAKS = "ALTER TABLE orders RENAME COLUMN total TO amount;\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A team's project, with a runbook that is right and a migration; `fireline` is on PATH."""
    for name, text in (("docs/runbooks/orders.md", BOOK), ("migrations/1_orders.sql", ORDERS)):
        file = tmp_path / "project" / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    program = tmp_path / "bin" / "fireline"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m fireline "$@"\n')
    program.chmod(0o755)
    return tmp_path / "project"


def run(project: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    around = {
        "PATH": f"{project.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(project.parent),
        "GIT_CONFIG_NOSYSTEM": "1",
        "LANG": "C.UTF-8",
    }
    return subprocess.run(words, cwd=project, env=around, capture_output=True, text=True, check=False)


def workflow() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())
    return made


def steps(project: Path, number: int = 2) -> list[tuple[int, str]]:
    """Exit code and output of the first `run:` of the example that lint, as a runner's shell carries them out."""
    words = [one["run"] for one in workflow()["jobs"]["lint"]["steps"] if "fireline lint" in one.get("run", "")]
    done = [run(project, ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", one]) for one in words[:number]]
    return [(one.returncode, one.stdout + one.stderr) for one in done]


@pytest.fixture(scope="module")
def valid() -> Callable[[Any], Any]:
    made: Callable[[Any], Any] = fastjsonschema.compile(json.loads(SCHEMA.read_text()), use_default=False)
    return made


def test_the_example_of_a_workflow_passes_while_all_is_well_and_fails_for_a_migration_that_breaks_a_runbook(
    project: Path, valid: Callable[[Any], Any]
) -> None:
    assert [code for code, _ in steps(project, 1)] == [0]
    (project / "migrations" / "2_amount.sql").write_text(BREAKS)
    (code, said), (told, _) = steps(project)
    assert code == 1
    assert re.search(r"^::error file=docs/runbooks/orders\.md,line=\d+,col=15,title=undefined-column::", said, re.M)
    assert told == 0  # the step that writes the file does not fail, so that the next one can show it
    written = json.loads((project / "lint.sarif").read_text())
    valid(written)
    assert {one["ruleId"] for one in written["runs"][0]["results"]} == {"undefined-column"}


def test_a_mistake_in_the_workflow_is_not_taken_for_a_clean_runbook(project: Path) -> None:
    shutil.rmtree(project / "docs")
    assert [code for code, _ in steps(project)] == [2, 1]


def test_the_example_is_a_workflow_by_githubs_own_schema() -> None:
    checker = shutil.which("check-jsonschema")
    if checker is None:
        pytest.skip("check-jsonschema is not installed: pip install check-jsonschema")
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout


def hook() -> dict[str, Any]:
    (made,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert isinstance(made, dict)
    return made


def commit(project: Path) -> subprocess.CompletedProcess[str]:
    run(project, ["git", "add", "-A"])
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    return run(project, ["git", *who, "commit", "-q", "-m", "a change"])


def broken_and_mended(project: Path) -> None:
    """The commit of a migration that breaks the runbook is stopped, and that of the mended runbook passes."""
    (project / "migrations" / "2_amount.sql").write_text(BREAKS)
    done = commit(project)
    assert done.returncode != 0
    assert "undefined-column" in done.stdout + done.stderr
    (project / "docs" / "runbooks" / "orders.md").write_text(BOOK.replace("total", "amount"))
    done = commit(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(run(project, ["git", "log", "--oneline"]).stdout.splitlines()) == 1


def test_what_the_hook_runs_stops_a_commit_and_lets_the_mended_one_pass(project: Path) -> None:
    assert "sql" in hook()["types_or"]
    run(project, ["git", "init", "-q"])
    place = project / ".git" / "hooks" / "pre-commit"
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"#!/bin/sh\nexec {hook()['entry']} docs/runbooks --migrations migrations\n")
    place.chmod(0o755)
    broken_and_mended(project)


def test_pre_commit_itself_installs_the_hook_and_carries_it_out(project: Path) -> None:
    program = os.environ.get("FIRELINE_TEST_PRECOMMIT")
    if not program:
        pytest.skip("it needs the network: name a pre-commit in FIRELINE_TEST_PRECOMMIT")
    version = subprocess.check_output(["git", "-C", str(ROOT), "rev-parse", "HEAD"], text=True).strip()
    args = ["docs/runbooks", "--migrations", "migrations"]
    repo = {"repo": str(ROOT), "rev": version, "hooks": [{"id": hook()["id"], "args": args}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [repo]}))
    run(project, ["git", "init", "-q"])
    assert run(project, [program, "install"]).returncode == 0
    broken_and_mended(project)
