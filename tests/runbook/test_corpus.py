"""The labelled runbooks: that their labels are sound, and that lint says of them what is so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fireline.runbook.lint import checking
from fireline.runbook.lint.world import World
from scripts import lint_score
from scripts.lint_score import Case, Outcome
from tests import servers
from tests.servers import Patient

PRECISION, RECALL = 0.97, 0.9
ENOUGH = 10


@pytest.fixture(scope="module")
def corpus() -> list[Case]:
    """Every runbook; a label whose text does not stand where it says is an error here."""
    return lint_score.cases()


@pytest.fixture(scope="module")
def outcome(corpus: list[Case], patient_server: Patient) -> Iterator[Outcome]:
    """What lint says of all of them, with the target shop on PostgreSQL 18; measured once."""
    with servers.database(patient_server) as url, lint_score.shop(url) as shop:
        yield lint_score.score(corpus, World(tools=lint_score.tools()), {lint_score.TARGET: shop})


def test_there_are_enough_runbooks_and_many_of_them_are_good(corpus: list[Case]) -> None:
    assert len(corpus) >= 40
    assert sum(not one.faults for one in corpus) >= 12
    assert sum(label.rule is None for one in corpus for label in one.labels) >= 100


def test_every_runbook_lies_in_a_folder_with_labels(corpus: list[Case]) -> None:
    written = {file.parent.name for file in lint_score.CORPUS.glob("*/*.md") if file.name == "runbook.md"}
    assert written == {one.name for one in corpus}


def test_every_label_names_a_rule_that_exists(corpus: list[Case]) -> None:
    assert {label.rule for one in corpus for label in one.faults} <= checking.rules().keys()


def test_every_rule_that_looks_at_a_file_alone_or_a_target_has_a_case(corpus: list[Case]) -> None:
    labelled = {label.rule for one in corpus for label in one.faults}
    elsewhere = {name for name, rule in checking.rules().items() if "store" in rule.needs} | {"migration-fails"}
    assert checking.rules().keys() - elsewhere <= labelled


def test_nothing_is_labelled_good_and_faulty_at_once(corpus: list[Case]) -> None:
    for one in corpus:
        wrong = {label.line for label in one.faults}
        assert not [label for label in one.labels if label.rule is None and label.line in wrong], one.name


def test_a_label_without_its_text_is_refused(tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "runbook.md").write_text("# Outage\n\n1. Look\n2. Look\n")
    (folder / "labels.toml").write_text('[[fault]]\nrule = "eval"\nat = "Look"\n')
    with pytest.raises(ValueError, match="stands 2 times"):
        lint_score.case(folder)
    (folder / "labels.toml").write_text('[[fault]]\nrule = "eval"\nat = "Look"\nnth = 2\n')
    assert [label.line for label in lint_score.case(folder).faults] == [4]


def test_a_false_alarm_and_a_miss_are_told_with_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "runbook.md").write_text(
        "# Outage\n\n1. **Look:**\n   ```bash\n   less /var/log/app.log\n   ```\n2. **Call**\n"
    )
    (folder / "labels.toml").write_text('[[fault]]\nrule = "dead-link"\nat = "**Call**"\n\n[[good]]\nat = "less"\n')
    outcome = lint_score.score([lint_score.case(folder)], World(), {})
    assert any(f"{folder}/runbook.md:7: dead-link not found" in one for one in outcome.missed)
    assert any(":5: waits-for-terminal (error) false on a line labelled good" in one for one in outcome.false)
    assert outcome.rules["waits-for-terminal"].precision == 0
    assert outcome.rules["dead-link"].recall == 0


def test_lint_finds_what_is_labelled_and_cries_at_nothing_else(outcome: Outcome) -> None:
    assert outcome.all.precision >= PRECISION, "\n".join(outcome.false)
    assert outcome.all.recall >= RECALL, "\n".join(outcome.missed)


def test_each_rule_with_many_cases_holds_the_bar_by_itself(outcome: Outcome) -> None:
    many = {name: one for name, one in outcome.rules.items() if one.labelled >= ENOUGH}
    low = {name for name, one in many.items() if one.precision < PRECISION or one.recall < RECALL}
    said = [one for one in (*outcome.missed, *outcome.false) if any(f": {name} " in one for name in low)]
    assert not low, "\n".join(said)
