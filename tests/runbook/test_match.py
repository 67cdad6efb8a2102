"""Complaints find their procedure though they do not use the runbook's words, and what is none of its business finds none."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fireline.runbook.document import Procedure
from fireline.runbook.match import Match, match
from fireline.runbook.parse import parse_text, read
from fireline.runbook.speech.words import speech
from fireline.settings import RunbookSettings

HERE = Path(__file__).parent
BOOK = read(HERE.parent / "data" / "incident-response.md")
THRESHOLD = RunbookSettings.model_fields["threshold"].default
DEMO = "HighQueryLatency: queries on assignments hang, p95 latency above 5s, statements time out"


def complaints(name: str) -> list[tuple[str, str]]:
    lines = (HERE / "data" / f"{name}.tsv").read_text().splitlines()
    return [(expected, text) for expected, _, text in (line.partition("\t") for line in lines)]


def answer(found: list[Match]) -> str:
    return found[0].procedure.id.split("/")[-1] if found[0].score >= THRESHOLD else "-"


def table(name: str) -> tuple[int, str]:
    """How many are right, and one line for each that is not."""
    right, wrong = 0, []
    for expected, text in complaints(name):
        found = match(BOOK.procedures, text)
        if answer(found) == expected:
            right += 1
        else:
            wrong.append(f"{expected:28} got {answer(found):28} {found[0].score:.2f}  {text}\n{'':33}{found[0].why}")
    return right, "\n".join(wrong)


@pytest.mark.parametrize(
    ("name", "least", "of"), [("complaints", 36, 40), ("complaints-more", 34, 40), ("complaints-held-out", 14, 20)]
)
def test_most_complaints_find_their_procedure(name: str, least: int, of: int) -> None:
    right, wrong = table(name)
    assert len(complaints(name)) == of
    assert right >= least, f"{right} of {of}\n{wrong}"


@pytest.mark.parametrize("name", ["complaints", "complaints-more", "complaints-held-out"])
def test_what_is_none_of_the_runbooks_business_starts_nothing(name: str) -> None:
    for expected, text in complaints(name):
        if expected == "-":
            found = match(BOOK.procedures, text)[0]
            assert found.score < THRESHOLD, f"{text}: {found.why}"


def test_the_complaints_do_not_use_the_words_of_the_symptoms() -> None:
    common = {"app", "high", "data", "won"}  # words of many symptoms that say little
    symptoms = {stem for one in BOOK.procedures for symptom in one.symptoms for stem in speech(symptom).words} - common
    for _, text in complaints("complaints"):
        assert not symptoms & set(speech(text).words), text


def test_the_alert_of_the_demonstration_is_clearly_about_database_performance() -> None:
    first, second, *_ = match(BOOK.procedures, DEMO)
    assert first.procedure.title == "Database Performance Issues"
    assert first.score > 0.6
    assert first.score > second.score + 0.15
    assert {"latency", "hang", "time out"} <= set(first.words)
    assert "“latency” and “hang” speak of “Slow queries”" in first.why


def test_a_diagnosis_tips_the_scale() -> None:
    text = "Users complain about the gradebook"
    assert match(BOOK.procedures, text)[0].score < THRESHOLD
    for cause, title in (
        ("mass_delete", "Data Corruption"),
        ("idle_in_tx_row_lock", "Database Performance Issues"),
        ("connection_leak_idle", "Database Connection Issues"),
        ("rls_disabled_exposed", "Data Exposure"),
    ):
        found = match(BOOK.procedures, text, cause)[0]
        assert (found.procedure.title, found.score >= THRESHOLD) == (title, True)
        assert "the diagnosis" in found.words


def test_words_that_no_concept_knows_count_when_the_runbook_has_them() -> None:
    book = parse_text("# R\n## Zebrafish indexer\n1. Restart it\n## Quokka gateway\n1. Restart it\n")
    found = match(book.procedures, "the quokka gateway of team B")
    assert found[0].procedure.title == "Quokka gateway"
    assert found[0].score >= THRESHOLD
    assert found[0].words == ("quokka", "gateway")


def test_a_runbook_of_one_procedure_does_not_fit_everything() -> None:
    book = parse_text("# R\n## Replication lag\n**Symptoms:**\n- Standby is behind\n1. Look\n")
    assert match(book.procedures, "replica lags 40 minutes behind")[0].score >= THRESHOLD
    assert match(book.procedures, "Please order more paper")[0].score < THRESHOLD


def test_names_of_alerts_are_read_as_words() -> None:
    assert answer(match(BOOK.procedures, "PostgresTooManyConnections")) == "database-connection-issues"


def test_no_procedure_no_match_and_no_words_no_score() -> None:
    assert match([], "anything") == []
    assert all(one.score == 0 for one in match(BOOK.procedures, ""))
    assert [one.procedure for one in match(BOOK.procedures, "")] == list(BOOK.procedures)


def test_checklists_are_never_matched() -> None:
    checklist = Procedure("x", "Slow queries", "checklist", 1)
    assert match([checklist], "slow queries") == []


def test_matching_is_quick_even_for_a_long_complaint() -> None:
    match(BOOK.procedures, DEMO)
    started = time.perf_counter()
    match(BOOK.procedures, "SELECT hang lock " * 100_000)
    assert time.perf_counter() - started < 2  # some milliseconds; a loaded machine is given more
