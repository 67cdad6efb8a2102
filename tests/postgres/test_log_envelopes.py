"""Lines from syslog as entries; those of PostgreSQL 18 are as it sent them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fireline.postgres.log_envelopes import Letter, first_in_syslog, of_syslog, opened
from fireline.postgres.log_lines import Said, format_of
from fireline.postgres.log_tail import of_file

WRITTEN = datetime(2026, 11, 23, 12, 38, 45, tzinfo=UTC)
AT = datetime(2026, 11, 23, 12, 38, 39, tzinfo=UTC)
HEAD = "Nov 23 12:38:39 vm pgshop"
LINES = f"""{HEAD}[2498]: [1-1] LOG:  ending log output to stderr
{HEAD}[2498]: [1-2] HINT:  Future log output will go to log destination "syslog".
Nov 23 12:38:39 vm CRON[99]: (root) CMD (true)
{HEAD}[2513]: [8-1] postgres@shop ERROR:  division by zero
{HEAD}[2519]: [6-1] nodb@nodb FATAL:  password authentication failed for user "nodb"
{HEAD}[2513]: [8-2] postgres@shop STATEMENT:  SELECT 1 / 0
{HEAD}[2519]: [6-2] nodb@nodb DETAIL:  Role "nodb" does not exist.
{HEAD}[2519]: [6-3] \tConnection matched file "/data/pg_hba.conf" line 113
{HEAD}[2513]: [9-1] postgres@shop ERROR:  relation "nosuch" does not exist at character 17
{HEAD}[2513]: [9-2] postgres@shop STATEMENT:  SELECT 'long words
{HEAD}[2513]: [9-3]  long words'
{HEAD}[2513]: [9-4] \t  FROM nosuch
"""


def test_entries_are_put_together_from_their_numbered_pieces_among_those_of_others() -> None:
    hint, zero, failed, missing = of_syslog(LINES, WRITTEN, "pgshop")
    assert (hint.message, hint.hint[:6], hint.pid) == ("ending log output to stderr", "Future", 2498)
    assert zero == Said(
        "ERROR", "division by zero", AT, pid=2513, user="postgres", database="shop", statement="SELECT 1 / 0"
    )
    assert failed.detail == 'Role "nodb" does not exist.\nConnection matched file "/data/pg_hba.conf" line 113'
    assert missing.statement == "SELECT 'long words long words'\nFROM nosuch"


def test_without_its_name_a_server_is_known_by_the_numbers_and_others_are_left_out() -> None:
    assert of_syslog(LINES, WRITTEN) == of_syslog(LINES, WRITTEN, "pgshop")
    assert of_syslog(LINES, WRITTEN, "postgres") == []
    assert [one.message for one in of_syslog("Nov 23 12:38:39 vm postgres[7]: ERROR:  plain\n", WRITTEN)] == ["plain"]


def test_headers_of_every_kind_tell_the_time() -> None:
    for head, moment in (
        ("2026-11-23T12:38:39.250000+00:00 vm postgres[7]: [1-1] ", AT + timedelta(milliseconds=250)),
        ("2026-11-23T13:38:39+01:00 vm postgres[7]: [1-1] ", AT),
        ("<132>Nov 23 12:38:39 postgres[7]: [1-1] ", AT),
        ("Nov 23 14:38:39 vm postgres[7]: [1-1] ", AT),  # two hours ahead of the file's own time: local time
        ("Nov 23 12:38:39 vm postgres[7]: [1-1] 2026-11-23 12:38:39.100 UTC [8] ", AT + timedelta(milliseconds=100)),
    ):
        text = f"{head}ERROR:  it is so\n"
        assert format_of(text) == "syslog", text
        assert [one.at for one in of_syslog(text, WRITTEN)] == [moment], text
        assert first_in_syslog(text, WRITTEN) in (moment, AT), text


def test_a_header_without_a_year_is_of_the_last_one_when_it_would_be_to_come() -> None:
    (one,) = of_syslog("Dec 31 23:59:58 vm postgres[7]: [1-1] ERROR:  x\n", datetime(2027, 1, 1, 0, 0, 2, tzinfo=UTC))
    assert one.at == datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC)
    assert of_syslog("Feb 30 10:00:00 vm postgres[7]: [1-1] ERROR:  x\n", WRITTEN) == []


def test_escaped_signs_and_unnumbered_lines_go_on() -> None:
    escaped = f"{HEAD}[7]: [1-1] ERROR:  x\n{HEAD}[7]: [1-2] STATEMENT:  SELECT\n{HEAD}[7]: [1-3] #011 1\n"
    assert of_syslog(escaped, WRITTEN)[0].statement == "SELECT\n1"
    whole = f"{HEAD}[7]: [1-1] ERROR:  x#012STATEMENT:  SELECT#012#011 1\n"
    assert of_syslog(whole, WRITTEN)[0].statement == "SELECT\n1"
    bare = "Nov 23 12:38:39 vm postgres[7]: ERROR:  x\nNov 23 12:38:39 vm postgres[7]: \tsecond line\n"
    assert of_syslog(bare, WRITTEN)[0].message == "x\nsecond line"


def test_half_an_entry_at_the_beginning_is_left_out() -> None:
    letters = [
        Letter(AT, 7, "[3-2] STATEMENT:  SELECT 1"),
        Letter(AT, 7, "[4-1] ERROR:  x"),
        Letter(AT, 8, "\tof nothing"),
    ]
    assert [one.message for one in opened(letters, exact=True)] == ["x"]


def test_the_end_of_a_syslog_file_is_read_as_far_back_as_was_asked(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    file = tmp_path / "syslog"

    def line(seconds: float, name: str, text: str) -> str:
        return f"{now - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S+00:00} vm {name}[7]: {text}\n"

    noise = "".join(line(4000 - number / 10, "kernel", "x" * 80) for number in range(39_000))
    file.write_text(line(5000, "postgres", "[1-1] ERROR:  old") + noise + line(60, "postgres", "[2-1] ERROR:  new"))
    tail = of_file(file, now - timedelta(minutes=15))
    assert (tail.form, [one.message for one in tail.said]) == ("syslog", ["new"])
