"""Reading a Markdown file: the reference runbook in full, other shapes, odd files, and what is an error at all."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fireline.demo
from fireline.errors import RunbookError
from fireline.runbook.compile import compile_procedure
from fireline.runbook.document import Procedure, Runbook
from fireline.runbook.parse import parse_text, read, read_all

REFERENCE = Path(__file__).parents[1] / "data" / "incident-response.md"


@pytest.fixture(scope="module")
def book() -> Runbook:
    return read(REFERENCE)


def procedure(book: Runbook, title: str) -> Procedure:
    found = book.procedure(title)
    assert found is not None
    return found


def steps(book: Runbook, title: str) -> list[tuple[str, str]]:
    return [(step.kind, step.title) for step in procedure(book, title).steps]


def only(text: str) -> Procedure:
    book = parse_text(text)
    assert len(book.procedures) == 1
    return book.procedures[0]


# The reference runbook ---------------------------------------------------------------------------------------------


def test_the_demo_ships_the_same_file() -> None:
    shipped = Path(fireline.demo.__path__[0]) / "data" / "incident-response.md"
    assert shipped.read_bytes() == REFERENCE.read_bytes()


def test_the_ten_procedures_are_found_in_their_groups(book: Runbook) -> None:
    assert [(one.group, one.title) for one in book.procedures] == [
        ("Database Incidents", "Database Connection Issues"),
        ("Database Incidents", "Database Performance Issues"),
        ("Database Incidents", "Data Corruption"),
        ("Application Incidents", "Application Crashes"),
        ("Application Incidents", "Performance Degradation"),
        ("Application Incidents", "Feature Broken"),
        ("Security Incidents", "Suspected Security Breach"),
        ("Security Incidents", "Data Exposure"),
        ("Rollback Procedures", "Database Rollback"),
        ("Rollback Procedures", "Application Rollback"),
    ]
    assert book.procedures[2].id == "database-incidents/data-corruption"
    assert book.procedures[2].line == 132
    assert book.title == "Incident Response Runbook"


def test_symptoms_are_read_where_there_are_any(book: Runbook) -> None:
    assert procedure(book, "Database Connection Issues").symptoms == (
        '"Connection refused" errors',
        "Timeout errors",
        "High connection count",
    )
    assert [len(one.symptoms) for one in book.procedures] == [3, 3, 3, 3, 3, 3, 0, 0, 0, 0]


def test_the_steps_of_data_corruption(book: Runbook) -> None:
    assert steps(book, "data corruption") == [
        ("decision", "Stop application"),
        ("manual", "Create backup"),
        ("sql", "Identify corrupted data"),
        ("decision", "Restore from backup"),
        ("sql", "Verify data integrity"),
    ]
    stop, _, identify, restore, _ = procedure(book, "Data Corruption").steps
    assert (stop.decision, stop.action) == ("(if possible)", None)
    assert identify.action is not None
    assert (identify.action.language, identify.action.line) == ("sql", 145)
    assert restore.decision == "if needed"
    assert restore.action is not None
    assert restore.action.command == "./scripts/backup-manager.sh restore /path/to/backup.sql.gz"
    assert [(one.name, one.token, one.kind, one.line) for one in restore.parameters] == [
        ("BACKUP_SQL_GZ", "/path/to/backup.sql.gz", "placeholder", 151)
    ]


def test_the_steps_of_a_breach_stand_under_another_label(book: Runbook) -> None:
    rotate, *rest = procedure(book, "Suspected Security Breach").steps
    assert (rotate.kind, rotate.checklist) == ("checklist", ("API keys", "Database credentials", "Service tokens"))
    assert rotate.reference == "../SECURITY/SECRET_ROTATION.md"
    assert [one.kind for one in rest] == ["sql", "sql", "sql"]


def test_a_fence_without_a_list_is_one_step_with_a_choice_of_ways(book: Runbook) -> None:
    (step,) = procedure(book, "Application Rollback").steps
    assert (step.kind, step.title, step.action) == ("decision", "Application Rollback", None)
    assert [(one.title, one.line) for one in step.alternatives] == [
        ("Rollback to previous version", 270),
        ("Rollback specific build", 273),
    ]
    assert step.alternatives[0].command.endswith("eas update:rollback")
    assert [one.name for one in step.parameters] == ["BUILD_ID"]


def test_a_quick_rollback_is_the_procedure_and_the_link_its_reference(book: Runbook) -> None:
    found = procedure(book, "Database Rollback")
    assert found.reference == "../ROLLBACK_PROCEDURE.md"
    assert [one.kind for one in found.steps] == ["manual", "bash", "manual", "manual"]


def test_the_process_and_the_post_mortem_are_checklists_and_no_procedures(book: Runbook) -> None:
    assert [one.title for one in book.checklists] == [
        "Detection",
        "Assessment",
        "Containment",
        "Resolution",
        "Post-Incident",
        "Documentation",
        "Post-Mortem (P0/P1)",
    ]
    assert all(one.kind == "checklist" for one in book.checklists)
    assert [len(one.steps) for one in book.checklists] == [0, 4, 3, 0, 4, 5, 5]
    assert book.detection == (
        "Error tracking (Sentry)",
        "User reports",
        "Monitoring alerts",
        "Database health checks",
    )
    assert (book.postmortem_within, book.postmortem_for) == ("within 48 hours", ("P0", "P1"))


def test_severities_contacts_and_channels_are_read(book: Runbook) -> None:
    assert [(one.id, one.name, one.rank, one.response) for one in book.severities] == [
        ("P0", "Critical", 0, "Immediate"),
        ("P1", "High", 1, "Within 1 hour"),
        ("P2", "Medium", 2, "Within 4 hours"),
        ("P3", "Low", 3, "Next business day"),
    ]
    assert book.severities[0].criteria == ("Application completely down", "Data loss or corruption", "Security breach")
    assert [(one.role, one.address, one.placeholder) for one in book.contacts] == [
        ("On-Call Engineer", None, "[Contact Info]"),
        ("Database Admin", None, "[Contact Info]"),
        ("Security Team", None, "[Contact Info]"),
    ]
    assert [(one.kind, one.address, one.audience) for one in book.channels] == [
        ("slack", "#incidents", "internal"),
        ("email", "dev-team@elaro.com", "internal"),
        ("status_page", None, "internal"),
        ("status_page", None, "external"),
        ("users", None, "external"),
    ]


def test_dead_links_and_placeholders_are_told_with_their_lines(book: Runbook) -> None:
    assert [(one.line, one.resolves) for one in book.links] == [(n, False) for n in (218, 255, 319, 320, 321)]
    assert [(one.line, one.text) for one in book.placeholders] == [
        (151, "/path/to/backup.sql.gz"),
        (262, "/path/to/backup.sql.gz"),
        (275, "BUILD_ID"),
        (313, "[Contact Info]"),
        (314, "[Contact Info]"),
        (315, "[Contact Info]"),
    ]
    assert book.notes == ()


def test_every_line_that_is_named_holds_what_it_names(book: Runbook) -> None:
    lines = REFERENCE.read_text().split("\n")
    for one in (*book.procedures, *book.checklists):
        assert one.title in lines[one.line - 1]
        for step in one.steps:
            for action in (step.action, *step.alternatives):
                if action is not None:
                    assert lines[action.line - 1].strip() == action.command.split("\n")[0].strip()


def test_the_reference_is_read_in_an_instant() -> None:
    read(REFERENCE)
    started = time.perf_counter()
    for _ in range(5):
        read(REFERENCE)
    assert (time.perf_counter() - started) / 5 < 0.5  # about 0.03 s; a loaded machine is given ten times that


# Other shapes ------------------------------------------------------------------------------------------------------


def test_headings_for_symptoms_and_steps_are_parts_of_the_procedure_above() -> None:
    found = only(
        "# Pool exhausted\n\n## Symptoms\n- Too many clients\n\n## Diagnosis\n### 1. Count\n```sql\nSELECT 1;\n```\n"
        "### 2. Find\n```sql\nSELECT 2;\n```\n## Resolution\n1) Restart it\n2) Tell the team\n\n## Prevention\n1. Pool\n"
    )
    assert found.symptoms == ("Too many clients",)
    assert [step.title for step in found.steps] == ["Count", "Find", "Restart it", "Tell the team"]


def test_numbered_headings_with_commands_are_the_steps_of_their_page() -> None:
    found = only("# Rollback\n\n## 1. Stop\n```sh\nsystemctl stop shop\n```\n\n## 2. Start\n```sh\ntrue\n```\n")
    assert [(step.title, step.kind) for step in found.steps] == [("Stop", "bash"), ("Start", "bash")]


def test_labels_in_one_paragraph_are_told_apart() -> None:
    found = only(
        '# X\n## A. Redis Down\n**Symptoms:** API 503, "connection refused"\n**Runbook:** see wiki\n**Quick Fix:**\n'
        "```bash\ntrue\n```\n"
    )
    assert (found.title, found.symptoms) == ("Redis Down", ("API 503", '"connection refused"'))
    assert [step.kind for step in found.steps] == ["bash"]


def test_a_procedure_with_symptoms_within_the_process_is_a_procedure() -> None:
    book = parse_text(
        "# R\n## Incident workflow\n### Phase 1: Detection\n1. Look\n### Phase 2: Mitigation\n"
        "#### Database down\n**Symptoms:** 503\n1. Restart\n"
    )
    assert [one.title for one in book.procedures] == ["Database down"]
    assert [one.title for one in book.checklists] == ["Detection", "Mitigation"]


def test_code_that_is_not_indented_enough_belongs_to_the_step_before_it() -> None:
    found = only("# X\n1. **Check:**\n ```sql\n SELECT 1;\n ```\n1. **Look:**\n```sql\nSELECT 2;\n```\n1. Done\n")
    assert [(step.title, step.kind) for step in found.steps] == [("Check", "sql"), ("Look", "sql"), ("Done", "manual")]
    assert found.steps[1].action is not None
    assert found.steps[1].action.command == "SELECT 2;"


def test_a_step_with_several_fences_becomes_steps_of_its_own() -> None:
    found = only(
        "# X\n1. **Look**\n   ```sql\n   SELECT 1;\n   ```\n   ```sql\n   SELECT 2;\n   ```\n   **Expect:** `rows = 0`\n"
    )
    first, second = found.steps
    assert (first.key, second.key) == ("x/look", "x/look-2")
    assert second.part_of == "x/look"
    assert (first.expect, second.expect) == ((), ("rows = 0",))


def test_windows_line_ends_tabs_and_a_byte_order_mark_change_nothing() -> None:
    text = "# X\n\n**Symptoms:**\n- slow\n\n1. **Look**\n\t```sql\n\tSELECT 1;\n\t```\n2. Tell\n"
    plain = parse_text(text)
    for other in (text.replace("\n", "\r\n"), "\ufeff" + text, text.replace("\n", "\r")):
        assert parse_text(other).procedures == plain.procedures


def test_a_table_of_contents_is_no_procedure() -> None:
    assert only("# X\n1. [A](#a)\n2. [B](#b)\n## A\n1. Do it\n").title == "A"


def test_headings_in_other_languages_are_understood() -> None:
    german = only(
        "# Notfall\n## Datenbank langsam\n**Symptome:**\n- Abfragen hängen\n\n**Schritte:**\n1. Neustart (falls nötig)\n"
    )
    assert german.symptoms == ("Abfragen hängen",)
    assert german.steps[0].decision == "(falls nötig)"
    assert only("# Panne\nÉtapes\n------\n1. Redémarrer si nécessaire\n").steps[0].decision == "si nécessaire"


def test_an_unclosed_fence_is_noted() -> None:
    book = parse_text("# X\n1. Look\n   ```sql\n   SELECT 1;\n\n## Y\n1. more\n")
    assert [one.title for one in book.procedures] == ["X", "Y"]
    book = parse_text("# X\n```bash\ntrue\n\n## Y\n1. more\n")
    assert [one.title for one in book.procedures] == ["X"]
    assert "line 2: the fence is never closed, so all that follows is part of it" in book.notes


def test_front_matter_declares_parameters() -> None:
    book = parse_text(
        '---\nfireline: 1\nparams:\n  slow_ms: {type: number, default: 100, min: 1, ask: "How slow?"}\n---\n'
        "# X\n```sql\nSELECT :slow_ms;\n```\n"
    )
    (parameter,) = book.procedures[0].steps[0].parameters
    assert (parameter.question, parameter.default, parameter.minimum) == ("How slow?", "100", 1.0)
    assert parameter.line == 8
    assert book.front_matter["fireline"] == 1


def test_a_step_that_only_leads_to_a_known_procedure_calls_it() -> None:
    book = parse_text(
        "# X\n## A\n1. See [the other](#b-side).\n2. Read [this](https://example.org)\n## B side\n1. Do it\n"
    )
    call, other = book.procedures[0].steps
    assert (call.kind, call.call) == ("call", "b-side")
    assert (other.kind, other.call) == ("manual", None)


# Linked documents --------------------------------------------------------------------------------------------------


def test_linked_documents_load_as_procedures_and_are_called(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "runbooks").mkdir()
    main = tmp_path / "runbooks" / "main.md"
    main.write_text("# Main\n## A\n1. Follow [the rollback](../ROLLBACK.md) for details\n\nSee [notes](../NOTES.md)\n")
    (tmp_path / "ROLLBACK.md").write_text("# Rollback\n1. Stop\n\nSee [deeper](DEEPER.md)\n")
    (tmp_path / "NOTES.md").write_text("# Notes\nNothing to do.\n")
    (tmp_path / "DEEPER.md").write_text("# Deeper\n1. Not read: two levels away\n")
    first, second = read_all([main])
    assert [one.title for one in (first, second)] == ["Main", "Rollback"]
    assert (first.procedures[0].steps[0].kind, first.procedures[0].steps[0].call) == ("call", "rollback")
    assert first.notes == ()


def test_links_are_not_followed_out_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n1. Do not read me\n")
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / ".git").mkdir()
    (repo / "link.md").symlink_to(tmp_path / "secret.md")
    (repo / "main.md").write_text("# Main\n1. Look\n\n[a](../secret.md) [b](link.md)\n")
    books = read_all([repo / "main.md"])
    assert [one.title for one in books] == ["Main"]
    assert "leads out of" in books[0].notes[0]
    assert [one.title for one in read_all([repo / "main.md"], root=tmp_path)] == ["Main", "Secret"]


def test_procedures_of_two_files_never_share_an_id(tmp_path: Path) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("# Rollback\n1. Stop\n")
    ids = [one.id for book in read_all([tmp_path / "a.md", tmp_path / "b.md"]) for one in book.procedures]
    assert ids == ["rollback", "b/rollback"]


# Errors ------------------------------------------------------------------------------------------------------------


def test_what_can_not_be_read_is_one_line_with_a_hint(tmp_path: Path) -> None:
    latin = tmp_path / "latin.md"
    latin.write_bytes("# Für\n1. x".encode("latin-1"))
    large = tmp_path / "large.md"
    large.write_bytes(b"# A\n1. x\n" + b" " * 5_000_000)
    empty = tmp_path / "empty.md"
    empty.write_text("# Nothing\nto do\n")
    for file, words in (
        (latin, "not UTF-8: byte 3"),
        (large, "5.0 MB"),
        (empty, "no procedure"),
        (tmp_path, "directory"),
    ):
        with pytest.raises(RunbookError, match=words) as raised:
            read(file)
        assert "\n" not in raised.value.message
        assert raised.value.hint is not None
        assert raised.value.hint.endswith(".")
    with pytest.raises(RunbookError, match="no such file"):
        read(tmp_path / "missing.md")


MARKS = """
# A⏎¦## Symptoms⏎¦**Symptoms:**⏎¦1. **Look** if needed⏎¦1) x⏎¦- [ ] y⏎¦   ¦\t¦```sql⏎¦```bash {name=a level=x if=b.c>0}⏎¦```⏎¦~~~⏎
¦SELECT :'a', <b>;⏎¦rm $X /path/to/x⏎¦# Or else⏎¦| a | b |⏎¦|-|-|⏎¦[a](b.md)⏎¦See [x](#a)⏎¦> ¦<div>⏎¦**Undo:** `x`⏎
¦**Expect:** `rows = 0`⏎¦---⏎¦a: [b⏎¦\r⏎¦\ufeff¦\0¦é¦中¦{¦[¦(¦*¦`¦\\¦$(¦<<EOF⏎¦'¦"¦\u2028¦P0¦Severity⏎---⏎¦## Contacts⏎
¦## Communication⏎¦## Post-Mortem (P0/P1)⏎¦Within 48 hours:⏎¦⏎⏎"""
PIECES = st.sampled_from([mark.replace("⏎", "\n") for mark in MARKS.replace("\n", "").split("¦")])


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join)))
def test_no_text_raises_anything_but_a_runbook_error(text: str) -> None:
    try:
        book = parse_text("# First\n1. do\n" + text if len(text) % 2 else text)
    except RunbookError:
        return
    json.dumps(book.json(), allow_nan=False)
    for one in book.procedures:
        assert len({step.key for step in one.steps}) == len(one.steps)
        json.dumps(compile_procedure(book, one), allow_nan=False)


ODD = {
    "brackets": "[" * 60_000,
    "images": "![" * 30_000,
    "bullets": "- " * 30_000,
    "quotations": "> " * 30_000,
    "items": "1. a\n" * 3_000,
    "references": "[a]: b\n" * 5_000,
    "deep items": ("  " * 20 + "- x\n") * 2_000,
    "stars": "*a **b " * 8_000,
    "tags": "<a " * 20_000,
    "comments in SQL": "```sql\n" + ":a /*" * 10_000,
    "pipes in bash": "```bash\n" + "a|" * 30_000,
    "cells": "| a " * 20_000,
    "brackets in front": "---\n" + "[" * 19_000 + "\n---\n",
    "rules": "a\n-|" * 10_000,
    "ticks": "`" * 60_000,
    "backslashes": "\\" * 60_000,
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_an_odd_file_does_not_take_for_ever(odd: str) -> None:
    started = time.perf_counter()
    text = odd + "\n# A\n1. x\n" if odd.startswith("---") else "# A\n1. x\n\n" + odd
    parse_text(text)
    assert time.perf_counter() - started < 15  # a fraction of a second; on a loaded machine some more


def test_a_file_of_many_lines_is_read_up_to_a_limit_and_says_so() -> None:
    book = parse_text("# A\n1. x\n\n" + "text\n\n" * 12_000 + "# B\n1. y\n")
    assert [one.title for one in book.procedures] == ["A"]
    assert book.notes == ("only the first 20000 lines were read",)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "runbook.md")
    with pytest.raises(RunbookError, match="no regular file"):
        read(tmp_path / "runbook.md")


def test_a_page_whose_commands_nothing_here_runs_is_carried_out_by_hand() -> None:
    page = "# Printer stuck\n\nRestart it:\n\n```powershell\nRestart-Service Spooler\n```\n"
    (one,) = parse_text(page).procedures
    assert [(step.kind, step.line) for step in one.steps] == [("manual", 5)]
    assert "Restart-Service" in one.steps[0].text
    assert parse_text(page).notes == ("line 5: to be run by hand: nothing here runs powershell",)
    with pytest.raises(RunbookError, match="holds no procedure"):
        parse_text(page, by_hand=False)


def test_a_command_in_a_paragraph_is_enough_of_a_procedure() -> None:
    (one,) = parse_text("# API down\n\nRun `kubectl -n api rollout undo deploy/api` and wait.\n").procedures
    assert [(step.kind, step.line) for step in one.steps] == [("manual", 3)]
