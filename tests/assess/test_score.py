"""The score explains itself to the point, a further fault never raises it, and what is not known is not green."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.assess.diagnose import causes
from fireline.assess.ramp import Ramp, Symptom
from fireline.assess.score import DIMENSIONS, OF_FAMILY, TAKES, Score, score
from fireline.assess.snapshot import Server, Snapshot
from fireline.assess.verdict import Cause, Cure, Probe, Severity, Verdict

SEEN = Snapshot("main", datetime(2026, 3, 1, tzinfo=UTC), Server("18.0", 180000, "app", "ann", standby=False))
FAMILIES = tuple(OF_FAMILY)
KNOWN = [
    Cause(f"{family}_{number}", family, lambda _: (), (f"look_{family}",), ())
    for family in FAMILIES
    for number in range(3)
]
LABELS = [cause.label for cause in KNOWN]


def verdict(cause: str, severity: Severity = "high", about: str = "it") -> Verdict:
    title = f"{cause} has {about}."
    return Verdict(cause, title, severity, 0.9, (about,), (), (), (), Cure("mend it"), Probe("SELECT 1", "rows = 1"))


def slope(symptoms: Sequence[Symptom]) -> Ramp:
    return Ramp("made up", "performance", (), lambda _: tuple(symptoms))


def of(verdicts: Sequence[Verdict], symptoms: Sequence[Symptom] = (), snapshot: Snapshot = SEEN) -> Score:
    return score(snapshot, verdicts, KNOWN, [slope(symptoms)])


severities: st.SearchStrategy[Severity] = st.sampled_from(["critical", "high", "medium", "low"])
some_verdicts = st.builds(verdict, st.sampled_from(LABELS), severities, st.sampled_from("abc"))
some_symptoms = st.builds(
    Symptom,
    st.sampled_from(DIMENSIONS),
    st.integers(1, 900),
    st.sampled_from(["rows are dead", "slots are used"]),
    st.lists(st.sampled_from([*LABELS, *FAMILIES]), max_size=3).map(tuple),
)
verdicts_ = st.lists(some_verdicts, max_size=6)
symptoms_ = st.lists(some_symptoms, max_size=6)


def none_raised(before: Score, after: Score) -> None:
    """No dimension is better than before, and so neither is the whole."""
    pairs = [(before.dimensions[name].score, after.dimensions[name].score) for name in DIMENSIONS]
    pairs.append((before.score, after.score))
    for was, now in pairs:
        assert was is not None
        assert now is not None
        assert now <= was


def test_a_healthy_server_has_all_points() -> None:
    found = of([])
    assert (found.score, found.status, found.first, found.coverage) == (100, "healthy", None, 1.0)
    assert all(side.score == 100 and side.deductions == () for side in found.dimensions.values())


@pytest.mark.parametrize(("severity", "most"), [("critical", 20), ("high", 50), ("medium", 80), ("low", 95)])
def test_a_cause_caps_its_dimension_and_the_worst_dimension_is_the_score(severity: Severity, most: int) -> None:
    found = of([verdict("locks_0", severity)])
    assert found.score == most
    assert found.dimensions["availability"].score == most
    assert found.dimensions["performance"].score == 100


@given(verdicts_, symptoms_)
def test_the_deductions_add_up_to_what_is_lost(verdicts: list[Verdict], symptoms: list[Symptom]) -> None:
    found = of(verdicts, symptoms)
    for side in found.dimensions.values():
        assert side.score is not None
        assert 0 <= side.score <= 100
        assert sum(one.points for one in side.deductions) == 100 - side.score
        assert all(one.points >= 0 and one.because for one in side.deductions)
    assert found.score == min(side.score or 0 for side in found.dimensions.values())


@given(verdicts_, symptoms_)
def test_the_caps_hold_whatever_else_is_wrong(verdicts: list[Verdict], symptoms: list[Symptom]) -> None:
    found = of(verdicts, symptoms)
    for one in verdicts:
        home = OF_FAMILY[one.cause.rsplit("_", 1)[0]]
        assert (found.dimensions[home].score or 0) <= 100 - TAKES[one.severity] // 10


@given(verdicts_, symptoms_, some_verdicts, st.integers(0, 6))
def test_a_further_cause_never_raises_it_and_its_end_restores_it(
    verdicts: list[Verdict], symptoms: list[Symptom], further: Verdict, place: int
) -> None:
    before = of(verdicts, symptoms)
    none_raised(before, of([*verdicts[:place], further, *verdicts[place:]], symptoms))
    assert of(verdicts, symptoms) == before


@given(verdicts_, symptoms_, some_symptoms, st.integers(0, 6))
def test_a_further_symptom_never_raises_it(
    verdicts: list[Verdict], symptoms: list[Symptom], further: Symptom, place: int
) -> None:
    none_raised(of(verdicts, symptoms), of(verdicts, [*symptoms[:place], further, *symptoms[place:]]))


@given(verdicts_, symptoms_, st.integers(1, 900))
def test_a_worse_symptom_never_raises_it(verdicts: list[Verdict], symptoms: list[Symptom], takes: int) -> None:
    worse = [replace(one, takes=max(one.takes, takes)) for one in symptoms]
    none_raised(of(verdicts, symptoms), of(verdicts, worse))


def test_a_symptom_that_a_root_explains_does_not_count_twice() -> None:
    used = Symptom("availability", 400, "38 of 40 connection slots are used", ("connections",))
    alone, both = of([verdict("connections_0", "critical")]), of([verdict("connections_0", "critical")], [used])
    assert both.score == alone.score == 20
    assert [one.cause for one in both.dimensions["availability"].deductions] == ["connections_0"]
    assert of([], [used]).score == 60


def test_a_symptom_worse_than_its_root_counts_instead_of_it() -> None:
    dead = Symptom("performance", 400, "rows are dead", ("queries_1",))
    found = of([verdict("queries_1", "low")], [dead])
    assert found.score == 60
    assert [(one.points, one.cause) for one in found.dimensions["performance"].deductions] == [(40, "queries_1")]


def test_a_symptom_in_another_dimension_goes_back_to_its_root() -> None:
    used = Symptom("availability", 400, "slots are used", ("queries",))
    found = of([verdict("queries_0", "high")], [used])
    assert [(one.points, one.cause) for one in found.dimensions["availability"].deductions] == [(40, "queries_0")]
    assert found.first is not None
    assert (found.first.cause, found.first.raises, found.first.to) == ("queries_0", 50, 100)


def test_what_to_mend_first_is_what_raises_it_most() -> None:
    found = of([verdict("locks_0", "medium"), verdict("queries_0", "critical"), verdict("integrity_0", "high")])
    assert found.first is not None
    assert (found.first.cause, found.first.raises, found.first.to) == ("queries_0", 30, 50)


def test_between_two_dimensions_as_low_something_is_named_though_the_whole_stays() -> None:
    found = of([verdict("locks_0"), verdict("queries_0")])
    assert found.first is not None
    assert (found.first.raises, found.first.to) == (0, 50)


def test_what_could_not_be_judged_lowers_coverage_and_never_raises_the_score() -> None:
    blind = replace(SEEN, unknown={"look_security": "permission denied", "look_locks": "permission denied"})
    for verdicts in ([], [verdict("queries_0")]):
        known, unknown = of(verdicts), of(verdicts, snapshot=blind)
        assert unknown.coverage < known.coverage
        assert (unknown.score or 0) <= (known.score or 0)
    assert unknown.dimensions["security"].score is None
    assert unknown.dimensions["availability"].coverage < 1


def test_a_server_that_does_not_answer_is_known_in_what_its_cause_says_and_nowhere_else() -> None:
    away = Snapshot("main", SEEN.taken_at, None, {"look_connections": (1,)})
    found = of([verdict("connections_0", "critical")], snapshot=away)
    assert (found.score, found.status) == (20, "critical")
    assert found.dimensions["integrity"].score is None
    assert found.coverage < 0.5


def test_nothing_seen_is_never_called_healthy() -> None:
    blind = replace(SEEN, unknown={f"look_{family}": "denied" for family in FAMILIES})
    found = score(blind, [], KNOWN, [])
    assert (found.score, found.status, found.coverage) == (None, "unknown", 0.0)
    little = replace(SEEN, unknown={f"look_{family}": "denied" for family in FAMILIES[1:]})
    assert (score(little, [], KNOWN, []).score, score(little, [], KNOWN, []).status) == (100, "unknown")


def test_every_cause_on_the_shelf_has_a_dimension() -> None:
    assert {cause.family for cause in causes().values()} <= set(OF_FAMILY)
