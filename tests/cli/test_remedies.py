import inspect
from typing import Any, Literal

import typer
from pydantic import Field
from typer.testing import CliRunner

from fireline.cli import remedies
from fireline.run.remedy import Parameters, Remedy


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
    assert inspect.cleandoc(remedies._help(REMEDY)) == "End it.\n\nLevel: reversible. There is no undo: it is gone"
