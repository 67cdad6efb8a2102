"""Files held against rules: what is found, in which order, what stays unknown, and how far the steps are covered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fireline.runbook.lint import checking
from fireline.runbook.lint.checking import UNREADABLE, Coverage, Report, check, judge, of_text
from fireline.runbook.lint.rule import Edit, Fault, Rule, Severity, Unknown
from fireline.runbook.lint.subject import Subject
from fireline.runbook.lint.world import World

BOOK = """# Outage

## Slow

1. **Look at the log:**
   ```bash
   less /var/log/app.log
   ```
2. **Count the orders:**
   ```sql
   SELECT count(*) FROM orders;
   ```
3. **Tell the others**
"""
TERMINAL = ["waits-for-terminal"]
Shelf = Callable[..., None]


def rule(name: str, *said: Fault | Unknown, severity: Severity = "warning") -> Rule:
    """A rule that says this of every file."""
    return Rule(name, "document", severity, "A rule", "Why.", "bad", "good", lambda subject: said)


@pytest.fixture
def shelf_of(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Puts other rules on the shelf."""

    def put(*given: Rule) -> None:
        monkeypatch.setattr(checking, "rules", lambda: {one.id: one for one in given})

    return put


def written(folder: Path, text: str | bytes = BOOK, name: str = "a.md") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_finding_has_its_file_line_column_step_and_what_to_do(tmp_path: Path) -> None:
    file = written(tmp_path)
    report = check([file], World(), only=TERMINAL)
    (one,) = report.findings
    assert (one.file, one.rule, one.severity) == (str(file), "waits-for-terminal", "error")
    assert (one.line, one.column, one.step) == (7, 4, "slow/look-at-the-log")
    assert one.message.startswith("`less` ")
    assert one.suggestion
    assert report.texts == {str(file): BOOK}


def test_what_is_not_asked_for_is_not_looked_for(tmp_path: Path) -> None:
    assert check([written(tmp_path)], World(), only=[]).findings == ()


@pytest.mark.parametrize("mark", [b"", "\ufeff".encode()])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_they_end_with(tmp_path: Path, end: str, mark: bytes) -> None:
    file = written(tmp_path, mark + BOOK.replace("\n", end).encode())
    assert [(one.line, one.column) for one in check([file], World(), only=TERMINAL).findings] == [(7, 4)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "holds no procedure"),
        (b"\n\n", "holds no procedure"),
        (b"# Only a title\n\nAnd words.\n", "holds no procedure"),
        ("# Größe\n\n1. **Tun**\n".encode("latin-1"), "is not UTF-8: byte 4"),
        ("# Outage\n\n1. Do it\n".encode("utf-16"), "is not UTF-8: byte 0"),
        (b"# Outage\n\n1. Do it\n" + b"x" * 5_000_000, "has 5.0 MB"),
    ],
    ids=["empty", "blank", "no procedure", "latin", "utf-16", "huge"],
)
def test_a_file_that_can_not_be_read_is_a_finding_and_not_the_end(tmp_path: Path, text: bytes, message: str) -> None:
    bad, good = written(tmp_path, text, "bad.md"), written(tmp_path)
    report = check([bad, good], World(), only=TERMINAL)
    first, second = report.findings
    assert (first.file, first.rule, first.severity, first.line) == (str(bad), UNREADABLE, "error", 1)
    assert message in first.message
    assert first.suggestion
    assert second.rule == "waits-for-terminal"
    assert set(report.files) == {str(bad), str(good)}


def test_a_document_of_a_folder_without_a_procedure_is_passed_over_and_told(tmp_path: Path) -> None:
    readme, book = written(tmp_path, "# About\n\nWords.\n", "README.md"), written(tmp_path)
    report = check([readme, book], World(), only=TERMINAL, loose=[readme, book])
    assert (report.files, report.passed_over) == ((str(book),), (str(readme),))
    assert [one.file for one in report.findings] == [str(book)]


def test_findings_stand_in_the_order_of_the_file_the_gravest_first_and_once(shelf_of: Shelf) -> None:
    shelf_of(
        rule("b", Fault(5, "late"), Fault(3, "twice", column=2), Fault(3, "twice", column=2)),
        rule("a", Fault(3, "grave", column=2, severity="error"), Fault(3, "left", severity="info")),
    )
    told = [(one.line, one.column, one.severity, one.message) for one in judge({Path("a.md"): BOOK}, World()).findings]
    assert told == [(3, 1, "info", "left"), (3, 2, "error", "grave"), (3, 2, "warning", "twice"), (5, 1, "warning", "late")]  # fmt: skip


def test_a_fault_of_another_file_is_told_there_and_no_comment_here_hides_it(shelf_of: Shelf) -> None:
    shelf_of(rule("a", Fault(2, "does not apply", file="migrations/1.sql")))
    report = judge({Path("a.md"): f"<!-- fireline: ignore-file a -->\n{BOOK}"}, World())
    assert [(one.file, one.line) for one in report.findings] == [("migrations/1.sql", 2)]


def test_what_is_not_known_is_said_once_and_takes_its_step_out_of_the_checked(shelf_of: Shelf) -> None:
    open_ = Unknown(11, "SELECT count(*) FROM orders", "no target was named", step="slow/count-the-orders")
    shelf_of(rule("a", open_), rule("b", open_))
    report = judge({Path("a.md"): BOOK}, World())
    assert report.unknown == (("a.md", open_),)
    assert report.coverage == Coverage(steps=3, manual=1, runnable=2, checked=1)
    assert not report.fails(strict=False)
    assert report.fails(strict=True)


def test_what_an_ignored_rule_does_not_know_is_not_said(shelf_of: Shelf) -> None:
    shelf_of(rule("a", Unknown(13, "SELECT", "no target was named")))
    assert judge({Path("a.md"): f"<!-- fireline: ignore-file a -->\n\n{BOOK}"}, World()).unknown == ()


def test_a_rule_that_breaks_is_told_as_unknown_and_the_others_still_speak(shelf_of: Shelf) -> None:
    def broken(subject: Subject) -> list[Fault]:
        raise KeyError("step")

    shelf_of(
        Rule("a", "document", "info", "A rule", "Why.", "bad", "good", broken),
        rule("b", Fault(3, "found all the same")),
    )
    report = judge({Path("a.md"): BOOK}, World())
    assert report.unknown == (("a.md", Unknown(1, "a", "the rule broke: KeyError: 'step'")),)
    assert [one.message for one in report.findings] == ["found all the same"]
    assert report.fails(strict=True)


def test_steps_that_were_rehearsed_count_and_so_does_a_proven_undo() -> None:
    world = World(drilled={"slow/look-at-the-log": True, "slow/count-the-orders": False, "of/another-file": True})
    found = judge({Path("a.md"): BOOK}, world, only=[]).coverage
    assert (found.drilled, found.undo_proven) == (2, 1)


def test_the_coverage_of_files_is_added_up() -> None:
    both = judge({Path("a.md"): BOOK, Path("b.md"): BOOK}, World(), only=[])
    assert both.coverage == Coverage(steps=6, manual=2, runnable=4, checked=4)


@pytest.mark.parametrize(
    ("severity", "plain", "strict"), [("error", True, True), ("warning", True, True), ("info", False, True)]
)
def test_advice_fails_only_the_strict(shelf_of: Shelf, severity: Severity, plain: bool, strict: bool) -> None:
    shelf_of(rule("a", Fault(1, "so"), severity=severity))
    report = judge({Path("a.md"): BOOK}, World())
    assert (report.fails(strict=False), report.fails(strict=True)) == (plain, strict)


def test_a_rule_sees_the_other_runbooks_of_the_same_lint(shelf_of: Shelf) -> None:
    seen: dict[str, list[str]] = {}

    def look(subject: Subject) -> list[Fault]:
        seen[subject.path.name] = [one.path for one in subject.others]
        return []

    shelf_of(Rule("a", "document", "info", "A rule", "Why.", "bad", "good", look))
    judge({Path("a.md"): BOOK, Path("b.md"): BOOK}, World())
    assert seen == {"a.md": ["b.md"], "b.md": ["a.md"]}


def test_the_json_is_the_documented_shape(shelf_of: Shelf) -> None:
    shelf_of(rule("a", Fault(3, "so", edits=(Edit(3, 3, "## Fast"),)), Unknown(4, "SELECT 1", "no target was named")))
    told = json.loads(json.dumps(judge({Path("a.md"): BOOK}, World()).json()))
    assert list(told) == ["files", "findings", "unknown", "coverage", "ignored", "passed_over"]
    (one,) = told["findings"]
    assert list(one) == ["file", "rule", "severity", "line", "column", "step", "message", "evidence", "suggestion", "patch"]  # fmt: skip
    assert one["patch"] == [{"first": 3, "last": 3, "text": "## Fast"}]
    assert told["unknown"] == [{"file": "a.md", "line": 4, "what": "SELECT 1", "why": "no target was named", "step": None}]  # fmt: skip
    assert list(told["coverage"]) == ["steps", "manual", "runnable", "checked", "drilled", "undo_proven"]


def test_nothing_found_is_no_failure_even_for_the_strict() -> None:
    assert not Report(("a.md",)).fails(strict=True)


def test_a_text_is_judged_as_if_it_stood_in_a_file() -> None:
    assert [(one.file, one.line) for one in of_text(BOOK, "x.md", only=TERMINAL)] == [("x.md", 7)]
