"""What a log says, in its three formats and with any prefix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fireline.postgres.log_lines import Said, format_of, parse

AT = datetime(2026, 3, 1, 2, 0, 5, 123000, tzinfo=UTC)


def only(text: str, form: str = "stderr", written: datetime | None = None) -> Said:
    found = list(parse(text, form, written))  # type: ignore[arg-type]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("prefix", "known"),
    [
        ("2026-03-01 02:00:05.123 UTC [4711] ", {"at": AT, "pid": 4711}),
        ("2026-03-01 02:00:05.123 UTC [4711] web@shop ", {"at": AT, "pid": 4711, "user": "web", "database": "shop"}),
        (
            "2026-03-01 02:00:05.123 GMT [4711]: [3-1] user=web,db=shop,app=rails,client=10.0.0.5 ",
            {"at": AT, "pid": 4711, "user": "web", "database": "shop", "host": "10.0.0.5"},
        ),
        (
            "2026-03-01 02:00:05.123 UTC:10.0.0.5(52144):web@shop:[4711]:",
            {"at": AT, "pid": 4711, "user": "web", "database": "shop", "host": "10.0.0.5"},
        ),
        ("2026-03-01 03:00:05.123 +01 [4711] 28P01 ", {"at": AT, "pid": 4711, "code": "28P01"}),
        ("1772330405.123 [4711] ", {"at": AT.replace(microsecond=0), "pid": 4711}),
        ("[4711] ", {"at": None, "pid": 4711}),
        ("2026-03-01 02:00:05.123 UTC [4711] [unknown]@[unknown] ", {"at": AT, "user": "", "database": ""}),
        ("", {"at": None, "pid": None}),
    ],
)
def test_any_prefix_gives_what_it_holds(prefix: str, known: dict[str, object]) -> None:
    found = only(f"{prefix}FATAL:  it is so\n")
    assert (found.severity, found.message) == ("FATAL", "it is so")
    assert {name: getattr(found, name) for name in known} == known


def test_the_parts_of_an_entry_belong_to_it_and_lines_go_on() -> None:
    text = (
        "half of an entry\n"
        "2026-03-01 02:00:05.123 UTC [1] ERROR:  division by zero\n\tover two lines\n"
        "2026-03-01 02:00:05.123 UTC [1] DETAIL:  the detail\n"
        "2026-03-01 02:00:05.123 UTC [1] HINT:  the hint\n"
        "2026-03-01 02:00:05.123 UTC [1] CONTEXT:  SQL function\n"
        "2026-03-01 02:00:05.123 UTC [1] QUERY:  SELECT 2\n"
        "2026-03-01 02:00:05.123 UTC [1] LOCATION:  int4div, int.c:846\n"
        "2026-03-01 02:00:05.123 UTC [1] STATEMENT:  SELECT 1\n\t/ 0\n"
        "2026-03-01 02:00:06.123 UTC [2] LOG:  checkpoint starting: time\n"
    )
    first, second = parse(text, "stderr")
    assert (first.message, first.detail, first.hint) == ("division by zero\nover two lines", "the detail", "the hint")
    assert (first.context, first.statement) == ("SQL function", "SELECT 1\n/ 0")
    assert second.message == "checkpoint starting: time"


def test_an_abbreviated_time_zone_is_known_by_when_the_file_was_written() -> None:
    for zone, hours in (("CET", 1), ("EST", -5), ("IST", 5.5)):
        local = (AT + timedelta(hours=hours)).replace(tzinfo=None)
        line = f"{local:%Y-%m-%d %H:%M:%S}.123 {zone} [1] LOG:  it is so\n"
        assert only(line, written=AT + timedelta(seconds=2)).at == AT


def test_csvlog() -> None:
    line = (
        '2026-03-01 02:00:05.123 UTC,"web","shop",4711,"10.0.0.5:52144",69a1.1267,3,"authentication",2026-03-01 02:00:05 UTC,3/12,0,'
        'FATAL,28P01,"password authentication failed for user ""web""","Connection matched\nline 3","a hint",,,,"SELECT ""1""",,,"rails","client backend",,0\n'
    )
    assert format_of(line) == "csvlog"
    found = only("rest of a line\n" + line, "csvlog")
    assert (found.at, found.pid, found.user, found.database, found.host) == (AT, 4711, "web", "shop", "10.0.0.5")
    assert (found.code, found.message) == ("28P01", 'password authentication failed for user "web"')
    assert (found.detail, found.hint, found.statement) == ("Connection matched\nline 3", "a hint", 'SELECT "1"')
    assert list(parse(line + '2026-03-01 02:00:06.123 UTC,"web","sh', "csvlog")) == [found]


def test_jsonlog() -> None:
    line = (
        '{"timestamp":"2026-03-01 02:00:05.123 UTC","user":"web","dbname":"shop","pid":4711,"remote_host":"10.0.0.5","remote_port":52144,'
        '"error_severity":"ERROR","state_code":"42P01","message":"relation \\"x\\" does not exist","statement":"SELECT * FROM x","hint":"none"}\n'
    )
    assert format_of(line) == "jsonlog"
    found = only('half","b":1}\n' + line + '{"timestamp":"2026', "jsonlog")
    assert (found.at, found.pid, found.user, found.database, found.host) == (AT, 4711, "web", "shop", "10.0.0.5")
    assert (found.code, found.message, found.statement) == ("42P01", 'relation "x" does not exist', "SELECT * FROM x")


def test_what_is_said_before_there_is_a_prefix_is_an_entry_of_its_own() -> None:
    text = (
        "2026-03-01 02:00:05.123 UTC [1] LOG:  database system is shut down\n"
        "postgres: could not find the database system\n"
        'Expected to find it in the directory "/data",\n'
    )
    first, second = parse(text, "stderr")
    assert first.message == "database system is shut down"
    assert (second.severity, second.at) == ("FATAL", None)
    assert second.message == 'could not find the database system\nExpected to find it in the directory "/data",'
