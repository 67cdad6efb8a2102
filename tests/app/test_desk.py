"""The same call on this machine and behind a URL: roles, wrong words, answers as JSON data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fireline.app.context import Context, make
from fireline.app.desk import LocalDesk, RemoteDesk, open_desk, perform
from fireline.errors import Denied, NotFound, StoreUnavailable, Unauthenticated, Usage
from fireline.incident.people import Actor
from fireline.redact import Secret
from fireline.settings import Settings, StoreSettings

VIEWER = Actor("vera", role="viewer")
ADA = Actor("ada", role="admin")


@pytest.fixture
def context(store_url: str) -> Iterator[Context]:
    made = make(Settings(store=StoreSettings(url=Secret(store_url))), pool_size=1)
    yield made
    made.close()


def call(context: Context, actor: Actor, name: str, **arguments: object) -> object:
    with context.store.transaction() as conn:
        return perform(context, conn, actor, name, arguments)


def test_a_viewer_may_look_but_not_act(context: Context) -> None:
    assert call(context, VIEWER, "halt.show") == {"halted": False}
    with pytest.raises(Denied, match=r"halt.set needs the role responder; vera is viewer"):
        call(context, VIEWER, "halt.set", reason="no")


def test_an_operation_that_is_not_there_is_said_not_to_be(context: Context) -> None:
    with pytest.raises(NotFound, match="no operation"):
        call(context, ADA, "incident.explode")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "needs run"),
        ({"run": 1, "walk": 2}, "does not know walk"),
        ({"run": 1, "conn": None}, "does not know conn"),
    ],
)
def test_wrong_words_are_named(context: Context, arguments: dict[str, object], said: str) -> None:
    with pytest.raises(Usage, match=said):
        call(context, ADA, "run.show", **arguments)


def test_this_account_of_the_machine_acts_as_its_person(context: Context) -> None:
    desk = LocalDesk(context)
    declared = desk.call("incident.declare", title="Nobody can log in")
    shown = desk.call("incident.show", incident=declared["id"])
    assert shown["declared_by"] == desk.actor.name
    assert isinstance(shown["opened_at"], str)


def test_a_remote_desk_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRELINE_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("FIRELINE_TOKEN", raising=False)
    with pytest.raises(Unauthenticated, match="FIRELINE_TOKEN is not"), open_desk():
        pass


def test_a_server_that_does_not_answer_is_one_line() -> None:
    with pytest.raises(StoreUnavailable, match="does not answer as Fireline does"):
        RemoteDesk("http://127.0.0.1:9", Secret("a-token-for-nobody")).call("halt.show")


def test_a_token_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-in-a-file\n")
    monkeypatch.setenv("FIRELINE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FIRELINE_TOKEN_FILE", str(tmp_path / "token"))
    with open_desk() as desk:
        assert isinstance(desk, RemoteDesk)
