"""A sequence that gives numbers which are taken."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.sequence_behind_max import judge
from fireline.assess.checks.sequences import Sequence, Sequences
from fireline.assess.follow_ups.taken_numbers import TakenNumbers
from tests.assess.given import look
from tests.assess.kept import facts, the, why_not

BEHIND = Sequence(
    50, "public", "notes_id_seq", "integer", 1, 1, 2**31 - 1, cycles=False, last=5, relation=7, table_schema="public",
    table_name="notes", column="id", column_type="integer", keys=("notes_pkey",), highest=100, beyond=50,
)  # fmt: skip
SAID = 'ERROR:  duplicate key value violates unique constraint "notes_pkey"'


def test_it_is_named_with_the_highest_number() -> None:
    found = the(judge(look(sequences=Sequences((BEHIND,)))))
    assert facts(found) == "public.notes_id_seq last gave 5, the highest id in public.notes is 100"
    assert found.remedy.sql[0].startswith("SELECT setval('public.notes_id_seq', greatest((SELECT max(id) FROM public.")
    assert found.remedy.undo == ("SELECT setval('public.notes_id_seq', 5, true)",)
    assert found.probe.sql.endswith("seqrelid = 50 AND coalesce(pg_sequence_last_value(seqrelid), 0) < 100")
    assert why_not(found).keys() == {"unique_index_corrupt_dupes", "sequence_exhausted_int4"}


def test_a_column_that_was_read_tells_more_than_the_statistics() -> None:
    for highest in (5, None):
        taken = TakenNumbers({50: highest})
        assert judge(look(SAID, sequences=Sequences((BEHIND,)), taken_numbers=taken)) == ()
    proved = look(sequences=Sequences((BEHIND,)), taken_numbers=TakenNumbers({50: 200}))
    assert the(judge(proved)).confidence > the(judge(look(sequences=Sequences((BEHIND,))))).confidence


def test_one_that_is_ahead_turns_round_counts_down_or_need_not_be_unique_is_silent() -> None:
    for more in ({"last": 100}, {"cycles": True}, {"step": -1}, {"keys": ()}, {"locked": True}, {"readable": False}):
        assert judge(look(SAID, sequences=Sequences((replace(BEHIND, **more),)))) == ()


def test_a_lone_number_far_off_is_named_only_when_somebody_complains() -> None:
    lone = Sequences((replace(BEHIND, beyond=1),))
    assert judge(look(sequences=lone)) == ()
    assert the(judge(look(SAID, sequences=lone))).severity == "high"
