"""A lint in SARIF 2.1.0, which code hosts and editors read: findings with their rules' words, fixes, and what stayed unknown."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fireline import __version__
from fireline.runbook.lint.checking import UNREADABLE, Finding, Report
from fireline.runbook.lint.formats.place import relative
from fireline.runbook.lint.rule import Edit, Rule, Unknown

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_UNREADABLE = {
    "id": UNREADABLE,
    "name": "Unreadable",
    "shortDescription": {"text": "A file that can not be read as a runbook"},
    "help": {"text": "Nothing in the file was checked.", "markdown": "Nothing in the file was checked."},
    "defaultConfiguration": {"level": "error"},
    "properties": {"tags": ["document"]},
}


def document(report: Report, rules: Mapping[str, Rule], root: Path) -> dict[str, Any]:
    """The whole log; files as seen from `root`, which its reader knows."""
    told = [_described(one) for one in rules.values()] + [_UNREADABLE]
    index = {one["id"]: number for number, one in enumerate(told)}
    tool = {"driver": {"name": "Fireline", "semanticVersion": __version__, "rules": told}}
    results = list(_results(report, index, root))
    notes = [_notification(file, one, root) for file, one in report.unknown]
    artifacts = [{"location": _artifact(file, root)} for file in report.files]
    run = {
        "tool": tool,
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "artifacts": artifacts,
        "results": results,
        "properties": {"coverage": report.json()["coverage"], "ignored": report.ignored},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _described(rule: Rule) -> dict[str, Any]:
    example = f"{rule.why.strip()}\n\nFound here:\n\n````markdown\n{rule.bad.strip()}\n````\n\nRight:\n\n````markdown\n{rule.good.strip()}\n````\n"
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why.strip().partition("\n\n")[0]},
        "help": {"text": rule.why.strip(), "markdown": example},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.area]},
    }


def _results(report: Report, index: Mapping[str, int], root: Path) -> Iterator[dict[str, Any]]:
    seen: Counter[tuple[str, str, str]] = Counter()
    for one in report.findings:
        lines = report.texts.get(one.file, "").split("\n")
        written = " ".join(lines[one.line - 1].split()) if one.line <= len(lines) else ""
        print_ = _fingerprint(one.rule, written, seen[one.file, one.rule, written])
        seen[one.file, one.rule, written] += 1
        region = {"startLine": one.line, "startColumn": one.column}
        result = {
            "ruleId": one.rule,
            "ruleIndex": index[one.rule],
            "level": _LEVELS[one.severity],
            "message": {"text": _sentences(one)},
            "locations": [{"physicalLocation": {"artifactLocation": _artifact(one.file, root), "region": region}}],
            "partialFingerprints": {"primaryLocationLineHash": print_, "fireline/v1": print_},
        }
        yield result | ({"fixes": [_fix(one, lines, root)]} if one.edits else {})


def _sentences(one: Finding) -> str:
    return " ".join(_stopped(text) for text in (one.message, one.evidence, one.suggestion) if text.strip())


def _stopped(text: str) -> str:
    return text if text.rstrip().endswith((".", "!", "?", "…")) else f"{text.rstrip()}."


def _fingerprint(rule: str, line: str, before: int) -> str:
    """The same when the line moves, and when its blanks change; `before`: how many such lines stand above it."""
    digest = hashlib.sha256("\0".join((rule, line)).encode()).hexdigest()
    return f"{digest[:16]}:{before + 1}"


def _artifact(file: str, root: Path) -> dict[str, Any]:
    name = relative(file, root)
    if Path(name).is_absolute():
        return {"uri": Path(name).as_uri()}
    return {"uri": quote(os.fsencode(name)), "uriBaseId": "%SRCROOT%"}


def _fix(one: Finding, lines: list[str], root: Path) -> dict[str, Any]:
    replacements = [_replacement(edit, lines) for edit in one.edits]
    change = {"artifactLocation": _artifact(one.file, root), "replacements": replacements}
    return {"description": {"text": one.suggestion or one.message}, "artifactChanges": [change]}


def _replacement(edit: Edit, lines: list[str]) -> dict[str, Any]:
    """Whole lines, as a region from the first column to the last line's end: the file's last line may have none."""
    if edit.last < edit.first:
        region = {"startLine": edit.first, "startColumn": 1, "endLine": edit.first, "endColumn": 1}
        text = f"{edit.text}\n"
    elif not edit.text and edit.last < len(lines):
        region = {"startLine": edit.first, "startColumn": 1, "endLine": edit.last + 1, "endColumn": 1}
        text = ""
    else:
        end = len(lines[edit.last - 1]) + 1 if edit.last <= len(lines) else 1
        region = {"startLine": edit.first, "startColumn": 1, "endLine": edit.last, "endColumn": end}
        text = edit.text
    return {"deletedRegion": region, "insertedContent": {"text": text}}


def _notification(file: str, one: Unknown, root: Path) -> dict[str, Any]:
    where = {"artifactLocation": _artifact(file, root), "region": {"startLine": max(one.line, 1)}}
    text = f"Not checked: {one.what}: {one.why}" if one.what else f"Not checked: {one.why}"
    return {"level": "note", "message": {"text": text}, "locations": [{"physicalLocation": where}]}
