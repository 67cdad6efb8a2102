from __future__ import annotations

import resource
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fireline.detect import journal as journals
from fireline.detect.journal import Journal, JournalFull
from fireline.detect.signals import Row

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def row(number: int, size: int = 10) -> Row:
    return Row("cron", AT + timedelta(seconds=number), b"d", '"' + "x" * size + '"', f"[{number}]")


def everything(journal: Journal, most: int = 7) -> list[Row]:
    found: list[Row] = []
    while rows := journal.read(most):
        found += rows
        journal.strike()
    return found


def test_signals_come_back_in_their_order_whatever_the_files_they_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "LARGE", 2_000)
    journal = Journal(tmp_path / "new" / "journal", 10**9)
    rows = [row(number) for number in range(100)]
    for at in range(0, 100, 3):
        journal.append(rows[at : at + 3])
    assert (journal.signals, journal.oldest) == (100, AT)
    assert len(list((tmp_path / "new" / "journal").iterdir())) > 3
    assert (tmp_path / "new" / "journal").stat().st_mode & 0o777 == 0o700
    assert everything(journal) == rows
    assert (journal.signals, journal.bytes, journal.oldest) == (0, 0, None)
    assert list((tmp_path / "new" / "journal").iterdir()) == []


def test_what_is_read_and_not_struck_out_is_read_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 10**9)
    journal.append([row(1), row(2), row(3)])
    assert journal.read(2) == journal.read(2)
    journal.strike()
    assert journal.oldest == AT + timedelta(seconds=3)
    journal.append([row(4)])
    assert [one.events for one in everything(journal)] == ["[3]", "[4]"]


def test_over_the_limit_nothing_is_kept_and_later_there_is_room_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 5_000)
    journal.append([row(1)])
    with pytest.raises(JournalFull):
        journal.append([row(2), row(3, 10_000)])
    assert journal.signals == 1
    assert len(everything(journal)) == 1
    journal.append([row(4)])
    assert len(everything(journal)) == 1


def test_what_a_dead_server_left_is_taken_over_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    living, dead, next_one = (Journal(tmp_path, 10**9) for _ in range(3))
    dead.append([row(1), row(2)])
    living.append([row(3)])
    dead.close()
    assert next_one.adopt() == 2
    next_one.append([row(4)])
    assert next_one.adopt() == 0
    assert [one.events for one in everything(next_one)] == ["[1]", "[2]", "[4]"]
    assert [one.events for one in everything(living)] == ["[3]"]
    assert Journal(tmp_path / "none", 1).adopt() == 0


def test_a_full_disk_costs_only_what_was_promised_to_nobody(tmp_path: Path) -> None:
    """The kernel's own limit of a file's size stands for the end of the disk: a write is done in part, the next fails."""
    journal = Journal(tmp_path, 10**9)
    journal.append([row(1)])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        with pytest.raises(JournalFull, match="can not be written"):
            journal.append([row(number, 200) for number in range(2, 30)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert journal.signals == 1
    journal.append([row(40)])
    journal.close()
    other = Journal(tmp_path, 10**9)
    other.adopt()
    assert [one.events for one in everything(other)] == ["[1]", "[40]"]


def test_what_can_not_be_read_in_the_midst_of_a_file_is_left_for_a_person(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 10**9)
    journal.append([row(1), row(2), row(3)])
    journal.close()
    [path] = tmp_path.iterdir()
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"[2]"', b'"[9]"'))
    other = Journal(tmp_path, 10**9)
    assert other.adopt() == 2
    assert [one.events for one in everything(other)] == ["[1]", "[3]"]
    assert [left.suffix for left in tmp_path.iterdir()] == [".damaged"]
