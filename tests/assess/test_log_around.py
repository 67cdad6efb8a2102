"""Errors counted before and since the beginning of an incident."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fireline.assess.checks.log import Entry, Log, gathered
from fireline.assess.log_around import around, drawn
from fireline.postgres.log_lines import Said
from fireline.postgres.log_tail import Tail
from tests.assess.refusals import AT, ago, said

START = ago(300)


def log(*lines: Said, counted_from: float = 1200) -> Log:
    return replace(gathered(Tail("/x.log", "stderr", lines, whole=True), ago(1200)), counted_from=ago(counted_from))


def test_what_rose_most_comes_first_and_is_told_in_words() -> None:
    lines = [said("ERROR", "permission denied for table a", 1190 - number) for number in range(40)]
    lines += [said("ERROR", f"permission denied for table b{number}", 290) for number in range(41)]
    lines += [said("ERROR", "deadlock detected", 800), *(said("ERROR", "deadlock detected", 200) for _ in range(340))]
    lines += [said("LOG", "checkpoint starting: time", 10) for _ in range(999)]
    found = around(log(*lines), START, AT)
    assert [(one.message, one.before, one.since) for one in found.kinds][:1] == [("deadlock detected", 1, 340)]
    assert found.words(found.kinds[0]) == "1 in the 15 min before, 340 since"
    assert "checkpoint starting: time" not in [one.message for one in found.kinds]
    told = found.json()
    assert told["kinds"][0]["text"] == "ERROR: deadlock detected: 1 in the 15 min before, 340 since"
    assert (told["source"], told["start"], told["kinds"][0]["code"]) == ("/x.log", START, "40P01")


def test_what_ended_before_is_not_told_and_what_was_not_read_is_not_none() -> None:
    lines = [said("ERROR", "before only", 900), said("ERROR", "after", 100)]
    assert [one["message"] for one in around(log(*lines), START, AT).json()["kinds"]] == ["after"]
    blind = around(log(lines[1], counted_from=200), START, AT)
    assert (blind.kinds[0].before, blind.words(blind.kinds[0])) == (None, "1 since; before was not read")


def test_a_moment_is_since_not_before() -> None:
    found = around(log(said("ERROR", "just then", 300)), START, AT)
    assert (found.kinds[0].before, found.kinds[0].since) == (0, 1)


def test_the_times_are_drawn() -> None:
    entry = Entry("ERROR", "x", "x", times=(*(ago(10) for _ in range(8)), ago(1190)))
    bars = drawn(entry, ago(1200), AT)
    assert len(bars) == 24
    assert (bars[0], bars[-1], set(bars[1:-1])) == ("▁", "█", {"·"})
    assert set(drawn(Entry("ERROR", "x", "x"), AT, AT + timedelta(0))) == {"·"}
