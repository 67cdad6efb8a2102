"""A sequence at the end of its numbers."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.sequence_exhausted_int4 import judge
from fireline.assess.checks.sequences import Sequence, Sequences
from tests.assess.given import look
from tests.assess.kept import facts, the, why_not

END = 2**31 - 1
SPENT = Sequence(
    50, "public", "notes_id_seq", "integer", 1, 1, END, cycles=False, last=END, relation=7, table_schema="public",
    table_name="notes", column="id", column_type="integer", keys=("notes_pkey",),
)  # fmt: skip


def test_it_is_named_when_no_number_is_left() -> None:
    found = the(judge(look(sequences=Sequences((SPENT,)))))
    assert found.title == "Sequence public.notes_id_seq has no numbers left."
    assert (
        facts(found) == f"public.notes_id_seq (integer) for public.notes.id (integer) is at {END} of {END}, 100.0% used"
    )
    assert found.severity == "critical"
    assert found.remedy.sql == (
        "ALTER TABLE public.notes ALTER COLUMN id TYPE bigint", "ALTER SEQUENCE public.notes_id_seq AS bigint",
    )  # fmt: skip
    assert f"seqrelid = 50 AND seqmax <= {END}" in found.probe.sql
    assert why_not(found).keys() == {"sequence_behind_max", "partition_missing"}


def test_the_less_is_left_the_graver_it_is_and_much_is_silent() -> None:
    for part, severity in ((0.99, "high"), (0.95, "medium")):
        assert the(judge(look(sequences=Sequences((replace(SPENT, last=int(END * part)),))))).severity == severity
    assert judge(look("sequence", sequences=Sequences((replace(SPENT, last=END // 2),)))) == ()


def test_one_that_turns_round_or_counts_down_is_silent() -> None:
    assert judge(look("sequence", sequences=Sequences((replace(SPENT, cycles=True),)))) == ()
    assert judge(look("sequence", sequences=Sequences((replace(SPENT, step=-1),)))) == ()


def test_one_that_can_not_be_read_is_named_when_the_error_tells_its_end() -> None:
    hidden = Sequences((replace(SPENT, last=None, readable=False),))
    said = f'nextval: reached maximum value of sequence "notes_id_seq" ({END})'
    assert judge(look(sequences=hidden)) == ()
    assert the(judge(look(said, sequences=hidden))).severity == "critical"
    assert judge(look(said.replace(str(END), "99"), sequences=hidden)) == ()
