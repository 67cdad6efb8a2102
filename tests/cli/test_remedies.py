import inspect
from collections.abc import Iterator
from typing import Any, Literal

import psycopg
import pytest
import typer
from pydantic import Field
from typer.testing import CliRunner

from fireline.cli import remedies
from fireline.postgres.connect import Target
from fireline.run.remedy import Parameters, Remedy
from tests.cli.conftest import Fireline
from tests.cli.screen import screen


class Told(Parameters):
    """One parameter of each type."""

    pid: int = Field(description="which session")
    reason: str = Field("none", description="why")
    mode: Literal["soft", "hard"] = Field("soft", description="how")
    wait_seconds: float | None = Field(None, description="how long")
    force: bool = Field(False, description="at once")
    tables: list[str] = Field(default_factory=list, description="which tables")


def never(*_: Any) -> Any:
    raise AssertionError("not called here")


REMEDY = Remedy("end-it", "resolve", "End it.", "reversible", Told, never, never, never, None, "it is gone", (), "pid")


def called(monkeypatch: Any, *arguments: str) -> tuple[Any, dict[str, Any]]:
    got: dict[str, Any] = {}
    monkeypatch.setattr(remedies, "_carry_out", lambda *place, **rest: got.update(place=place, **rest))
    app = typer.Typer(rich_markup_mode=None)
    app.command("end-it")(remedies._function("resolve", "end-it", REMEDY))
    return CliRunner().invoke(app, list(arguments)), got


def test_a_remedys_parameters_are_its_options_and_its_argument_the_bare_word(monkeypatch: Any) -> None:
    done, got = called(
        monkeypatch, "4821", "--target", "main", "--reason", "stuck", "--mode", "hard", "--wait-seconds", "2.5", "--force",
        "--tables", "a", "--tables", "b", "--plan",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    phase, name, target, arguments = got["place"]
    assert (phase, name, target) == ("resolve", "end-it", "main")
    assert arguments == {
        "pid": "4821",
        "reason": "stuck",
        "mode": "hard",
        "wait_seconds": "2.5",
        "force": "true",
        "tables": ["a", "b"],
    }
    assert (got["plan"], got["yes"], got["incident"]) == (True, False, None)
    assert Told.model_validate(arguments).pid == 4821


def test_what_is_not_given_is_left_to_the_remedy(monkeypatch: Any) -> None:
    _, got = called(monkeypatch, "1")
    assert got["place"] == ("resolve", "end-it", None, {"pid": "1"})


def test_a_missing_argument_and_a_wrong_choice_are_refused(monkeypatch: Any) -> None:
    assert called(monkeypatch)[0].exit_code == 2
    assert called(monkeypatch, "1", "--mode", "medium")[0].exit_code == 2


def test_its_help_says_the_level_and_whether_there_is_a_way_back() -> None:
    assert inspect.cleandoc(remedies._help(REMEDY)) == "End it.\n\nLevel: reversible. There is no undo: it is gone."


@pytest.fixture
def stuck(patient: Target) -> Iterator[psycopg.Connection]:
    """A session that holds a lock and does nothing."""
    with psycopg.connect(patient.dsn.reveal()) as holder:
        holder.execute("CREATE TABLE held (i int)")
        holder.commit()
        holder.execute("SELECT * FROM held")
        yield holder
        holder.close()


def alive(holder: psycopg.Connection) -> bool:
    """Whether the session is still there."""
    try:
        holder.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def test_its_plan_is_shown_and_nothing_is_done(house: Fireline, stuck: psycopg.Connection) -> None:
    pid = str(stuck.info.backend_pid)
    done = house("resolve", "terminate-session", pid, "--target", "main", "--plan")
    assert done.code == 0, done.err
    assert pid in done.out.splitlines()[0]
    assert "  undo     " in done.out
    assert set(house.data("resolve", "terminate-session", pid, "--plan")) >= {"summary", "effect", "undo", "level"}
    assert house.data("run", "list") == []
    assert alive(stuck)


def test_with_yes_it_is_done_and_told_step_by_step(house: Fireline, worker: int, stuck: psycopg.Connection) -> None:
    done = house("resolve", "terminate-session", str(stuck.info.backend_pid), "--yes")
    assert done.code == 0, done.out + done.err
    assert "succeeded" in done.out.splitlines()[-1]
    assert "may lose" in done.out
    assert not alive(stuck)


def test_without_a_person_it_waits_for_one_and_says_for_what(
    house: Fireline, worker: int, stuck: psycopg.Connection
) -> None:
    done = house("resolve", "terminate-session", str(stuck.info.backend_pid))
    assert done.code == 1
    assert done.out.splitlines()[-1] == "It waits for an approval: `fireline approve 1 1`."
    assert alive(stuck)


def test_a_person_at_the_terminal_reads_the_plan_and_says_yes(
    house: Fireline, worker: int, stuck: psycopg.Connection
) -> None:
    with screen(house, "resolve", "terminate-session", str(stuck.info.backend_pid)) as here:
        shown = here.expect("Approve exactly this? [y/n/?/q]", 40)
        assert "may lose" in shown
        here.type("y")
        here.expect("succeeded", 40)
        assert here.leave() == 0
    assert not alive(stuck)


def test_a_remedy_that_does_not_exist_is_told_with_one_that_does(bare: Fireline) -> None:
    done = bare("resolve", "terminate-sesion", "1")
    assert done.err.splitlines()[0] == "error: no such command 'terminate-sesion'. Did you mean 'terminate-session'?"


@pytest.fixture
def stale(patient: Target) -> Target:
    """A database with a table that was never analyzed, and one that somebody's open lock covers."""
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE orders WITH (autovacuum_enabled = false) AS SELECT generate_series(1, 200) AS id")
        conn.execute(
            "CREATE TABLE cities WITH (autovacuum_enabled = false) AS SELECT i AS id, i % 9 AS zip FROM generate_series(1, 300) AS i"
        )
        conn.execute("CREATE INDEX zip ON cities (zip)")
        conn.execute("CREATE INDEX zip_again ON cities (zip)")
    return patient


def analyzed(target: Target) -> bool:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        return conn.execute("SELECT FROM pg_stats WHERE tablename = 'orders'").fetchone() is not None


@pytest.mark.parametrize("words", [("optimize",), ("resolve", "optimize")])
def test_a_plan_of_many_parts_is_a_table_and_changes_nothing(
    house: Fireline, stale: Target, words: tuple[str, ...]
) -> None:
    done = house(*words, "--target", "main", "--plan", "--limit", "5m")
    assert done.code == 0, done.err
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[0] == "On main, one after another: analyze 2 tables; 1 suggested for a person."
    assert "2 analyze public.orders" in lines
    assert "why it has rows and no statistics at all" in lines
    assert "lock SHARE UPDATE EXCLUSIVE: nobody who reads or writes waits for it" in lines
    assert "disk none to speak of" in lines
    assert "runs ANALYZE (SKIP_LOCKED) public.orders" in lines
    assert "Suggested, never done by Fireline:" in lines
    assert "by hand DROP INDEX CONCURRENTLY public.zip_again" in lines
    assert not analyzed(stale)
    data = house.data(*words, "--plan", "--tables", "orders")
    assert [part["object"] for part in data["captured"]["parts"]] == ["public.orders"]


def test_the_short_form_does_it_once_it_is_approved(house: Fireline, worker: int, stale: Target) -> None:
    with screen(house, "optimize", "--only", "analyze") as here:
        shown = here.expect("Approve exactly this? [y/n/?/q]", 40)
        assert "ANALYZE (SKIP_LOCKED) public.orders" in shown
        here.type("y")
        here.expect("analyzed 2 tables", 40)
        assert here.leave() == 0
    assert analyzed(stale)
    again = house("optimize", "--only", "analyze", "--yes")
    assert again.code == 0, again.out + again.err
    assert "Nothing wants doing on main now." in again.out


def test_the_short_form_is_among_the_commands_with_its_help(bare: Fireline) -> None:
    assert "optimize" in bare("--help").out
    shown = bare("optimize", "--help")
    assert "Level: reversible. There is no undo" in shown.out
    assert "--max-lag" in shown.out
