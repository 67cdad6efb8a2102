"""A server that may keep next to nothing in memory."""

from __future__ import annotations

from typing import Any

from fireline.assess.causes.shared_buffers_tiny import judge, wanted
from fireline.assess.checks.memory import Memory
from tests.assess.given import base, look, settings
from tests.assess.refusals import database, databases, facts, the


def seen(
    symptom: str = "", *, pages: int = 256, hits: int = 50_000, reads: int = 10_000, memory: int | None = 16 * 2**30
) -> Any:
    given = settings(shared_buffers=base("shared_buffers", str(pages), "8kB", "configuration file", file="/etc/a.conf"))
    return look(
        symptom,
        settings=given,
        databases=databases(database(blocks_hit=hits, blocks_read=reads)),
        memory=Memory(memory),
    )


def test_a_few_megabytes_and_blocks_read_over_and_over_are_named() -> None:
    found = the(judge(seen("everything is slow")))
    assert found.severity == "high"
    assert "39 times all that fits" in facts(found)
    assert found.remedy.sql == ("ALTER SYSTEM SET shared_buffers = '4096MB'",)
    assert (found.probe.expect, found.rejected[0].cause) == ("blocks > 256", "missing_index")


def test_what_nobody_means_is_named_before_it_was_read_over_very_often() -> None:
    assert judge(seen("everything is slow", pages=512, reads=2100))
    assert judge(seen("everything is slow", hits=400_000))
    assert judge(seen("everything is slow", pages=4096, hits=80_000, reads=4 * 4096)) == ()


def test_small_for_the_machine_is_less_sure() -> None:
    found = the(judge(seen("slow", pages=4096, hits=400_000, reads=400_000)))
    assert (found.severity, found.confidence) == ("low", 0.6)


def test_enough_hits_few_reads_or_enough_memory_are_silent() -> None:
    assert judge(seen("slow", hits=10_000_000)) == ()
    assert judge(seen("slow", reads=500)) == ()
    assert judge(seen("slow", pages=524_288, hits=9_000_000, reads=9_000_000)) == ()
    assert judge(seen("slow", pages=4096, hits=400_000, reads=400_000, memory=None)) == ()


def test_a_quarter_of_the_memory_is_proposed_within_reason() -> None:
    assert [wanted(None), wanted(2**30), wanted(2**38)] == [128, 256, 8192]
