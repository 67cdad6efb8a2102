"""Workflow commands: what a message holds can end neither the command nor a value."""

from __future__ import annotations

from pathlib import Path

from fireline.runbook.lint.checking import Finding, Report
from fireline.runbook.lint.formats import github
from fireline.runbook.lint.rule import Unknown

ROOT = Path("/repo")


def test_each_severity_has_its_command_at_the_place() -> None:
    found = tuple(
        Finding("docs/a.md", "dead-link", severity, 7, 3, None, "leads nowhere", "", "Mend it.")
        for severity in ("error", "warning", "info")
    )
    place = "file=docs/a.md,line=7,col=3,title=dead-link::leads nowhere%0AMend it."
    assert list(github.lines(Report(("docs/a.md",), found), ROOT)) == [
        f"::error {place}", f"::warning {place}", f"::notice {place}"
    ]  # fmt: skip


def test_what_has_a_meaning_in_a_command_is_written_otherwise() -> None:
    one = Finding("/repo/a,b:c%.md", "x", "error", 1, 1, None, "50 % :: done\r\nsecond", "", "")
    (told,) = github.lines(Report(("a",), (one,)), ROOT)
    assert told == "::error file=a%2Cb%3Ac%25.md,line=1,col=1,title=x::50 %25 :: done%0D%0Asecond"


def test_what_was_not_checked_is_a_notice() -> None:
    report = Report(("a.md",), unknown=(("a.md", Unknown(4, "SELECT 1", "no target was named")),))
    assert list(github.lines(report, ROOT)) == ["::notice file=a.md,line=4,title=not checked::SELECT 1: no target was named"]  # fmt: skip
