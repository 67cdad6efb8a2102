"""The reference runbook as it was written, linted by the real program on real servers: each of its errors, and no other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fireline.postgres.connect import Target

REFERENCE = Path(__file__).parents[1] / "data" / "incident-response.md"
SCHEMA = """
CREATE EXTENSION pg_stat_statements;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE assignments (id int PRIMARY KEY);
CREATE TABLE admin_actions (id int PRIMARY KEY, created_at timestamptz NOT NULL);
CREATE TABLE login_history (id int PRIMARY KEY, success boolean NOT NULL, created_at timestamptz NOT NULL);
"""
FUNCTIONS = {(line, "undefined-function") for line in (110, 115, 129, 146)}
ERRORS = {
    *((line, "acts-on-local-stack") for line in (79, 91)),
    *((line, "renamed-column") for line in (120, 122, 123)),
    (122, "type-mismatch"),
    *((line, rule) for line in (151, 262) for rule in ("script-missing", "placeholder")),
    *((line, "waits-for-terminal") for line in (177, 271)),
    (275, "unknown-subcommand"),
    (275, "placeholder"),
    *((line, "dead-link") for line in (218, 255, 319, 320, 321)),
    *((line, "contact-missing") for line in (313, 314, 315)),
}
WARNINGS = {
    (96, "unknown-subcommand"),
    *((line, "backup-before-quiet") for line in (52, 142)),
    *((line, rule) for line in (151, 262) for rule in ("restore-in-place", "destructive-without-undo")),
    (262, "no-verification"),
    *((line, "count-without-expectation") for line in (156, 157)),
    *((line, "no-symptoms") for line in (210, 253)),
}


@pytest.fixture(params=["patient15", "patient"], ids=["15", "18"])
def target(request: pytest.FixtureRequest) -> Target:
    """A database with the application's tables and without the functions."""
    found: Target = request.getfixturevalue(request.param)
    with psycopg.connect(found.dsn.reveal(), autocommit=True) as conn:
        conn.execute(SCHEMA)
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that holds the runbook alone: no script, no other document, no settings of Fireline."""
    (tmp_path / ".git").mkdir()
    shutil.copy(REFERENCE, tmp_path / "incident-response.md")
    return tmp_path


def fireline(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / ".git"),
        **{name: value for name, value in os.environ.items() if name.startswith(("SSL_CERT", "LANG"))},
    }
    return subprocess.run(
        [sys.executable, "-m", "fireline", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def linted(folder: Path, target: Target) -> list[dict[str, Any]]:
    done = fireline(folder, "lint", "incident-response.md", "--dsn", target.dsn.reveal(), "--format", "json")
    assert done.returncode == 1, done.stderr
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return findings


def places(findings: list[dict[str, Any]], severity: str) -> set[tuple[int, str]]:
    return {(one["line"], one["rule"]) for one in findings if one["severity"] == severity}


def test_on_a_target_without_the_functions_each_error_is_found_at_its_line_and_no_other(
    repository: Path, target: Target
) -> None:
    findings = linted(repository, target)
    assert places(findings, "error") == ERRORS | FUNCTIONS
    assert places(findings, "warning") >= WARNINGS
    assert {one["line"] for one in findings if one["rule"] == "writes-as-read"} == set()


def test_with_the_functions_installed_the_one_that_writes_is_told_and_none_is_missing(
    repository: Path, target: Target
) -> None:
    done = fireline(repository, "postgres", "install", "--public", "--dsn", target.dsn.reveal(), "--yes")
    assert done.returncode == 0, done.stderr
    findings = linted(repository, target)
    assert places(findings, "error") == ERRORS
    assert {one["line"] for one in findings if one["rule"] == "writes-as-read"} == {129}


def test_the_file_and_its_folder_stay_as_they_were(repository: Path, target: Target) -> None:
    linted(repository, target)
    assert (repository / "incident-response.md").read_bytes() == REFERENCE.read_bytes()
    assert {one.name for one in repository.iterdir()} == {".git", "incident-response.md"}
