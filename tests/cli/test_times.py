from datetime import UTC, datetime, timedelta

import pytest

from fireline import clock
from fireline.cli.times import ago, at, past_moment, since, span


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86400, "1 day"),
        (273600, "3 days 4 h"),
    ],
)
def test_a_span_is_told_in_at_most_two_units(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_what_was_and_what_comes_are_told_apart() -> None:
    now = clock.now()
    assert ago((now - timedelta(minutes=12, seconds=1)).isoformat()) == "12 min ago"
    assert ago(now + timedelta(minutes=5, seconds=2)) == "in 5 min"
    assert ago(None) == "-"
    assert since(now + timedelta(hours=1)) < timedelta(0)


def test_the_date_stands_there_when_it_is_not_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    now = clock.now().astimezone()
    assert at(now.isoformat()) == f"{now:%H:%M:%S}"
    assert at("2001-02-03T04:05:06+00:00").startswith("2001-02-03")
    assert at(None) == "-"
    long_ago = datetime(now.year, 1, 1, 12, tzinfo=UTC)
    if now.timetuple().tm_yday > 2:
        assert at(long_ago) == f"1 Jan {long_ago.astimezone():%H:%M}"


@pytest.mark.parametrize("text", ["25m", "25m ago", "25m  ago"])
def test_a_moment_may_be_how_long_ago(text: str) -> None:
    assert abs(clock.now() - timedelta(minutes=25) - past_moment(text)) < timedelta(seconds=5)


def test_a_time_of_day_is_the_last_one_there_was_and_a_date_is_what_it_says() -> None:
    for hour in range(24):
        found = past_moment(f"{hour:02}:40")
        assert timedelta(0) <= clock.now() - found <= timedelta(days=1)
        assert (found.astimezone().hour, found.minute) == (hour, 40)
    assert past_moment("2026-03-01T02:40Z") == datetime(2026, 3, 1, 2, 40, tzinfo=UTC)
    assert past_moment("2026-03-01 02:40").tzinfo is not None


@pytest.mark.parametrize("text", ["yesterday", "25", "99:99", "ago"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        past_moment(text)
