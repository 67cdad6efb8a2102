import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fireline.assess.surrounding import faults
from fireline.cli.first_settings import quote, settings_text, slug
from fireline.runbook.document import Channel, Contact, Runbook, Severity
from fireline.settings import Settings

FILES = {"main.dsn": "main.dsn", "alertmanager.token": "a", "generic.token": "g"}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_is_a_toml_string(text: str) -> None:
    assert tomllib.loads(f"key = {quote(text)}") == {"key": text}


def test_a_role_becomes_a_bare_key() -> None:
    assert slug("On-Call Engineer (EU)") == "on-call-engineer-eu"
    assert slug("***") == "contact"


def written(*contacts: Contact, channels: tuple[Channel, ...] = ()) -> dict[str, dict[str, object]]:
    """The contacts that stand in the file."""
    text = settings_text(Runbook("r.md", "0", "R", contacts=contacts, channels=channels), "r.md", ["main"], FILES)
    found: dict[str, dict[str, object]] = tomllib.loads(text)["contacts"]
    return found


def test_an_address_is_found_in_what_the_runbook_says_and_otherwise_left_empty() -> None:
    found = written(
        Contact("Lead", "Ada <ada@example.org>, phone 123", None, 1),
        Contact("Chat", "https://chat.example.org/hook", None, 2),
        Contact("Lead", None, "[Contact\nInfo]", 3),
        Contact("Duty phone", "+49 30 123", None, 4),
    )
    assert {key: (one["channel"], one["address"]) for key, one in found.items()} == {
        "lead": ("email", "ada@example.org"),
        "chat": ("webhook", "https://chat.example.org/hook"),
        "lead-2": ("email", ""),
        "duty-phone": ("email", ""),
    }


def test_what_a_runbook_says_can_not_leave_its_comment() -> None:
    evil = 'x"]\n[server]\nbind = "0.0.0.0:1"'
    book = Runbook(
        "r.md", "0", "R",
        severities=(Severity("P0\n[store]", evil, 0, (), evil, 1),),
        contacts=(Contact(evil, evil, evil, 1),),
        channels=(Channel("email", evil, "a@b.example", "internal", evil, 2),),
    )  # fmt: skip
    read = Settings.model_validate({**tomllib.loads(settings_text(book, evil, [], FILES)), "sources": {}})
    assert read.server.bind == "127.0.0.1:8700"
    assert read.runbook.files == [Path(evil)]


def test_what_is_around_is_valid_once_its_marks_are_gone() -> None:
    text = settings_text(Runbook("r.md", "0", "R"), "r.md", ["main"], FILES)
    marked = text.split("limit of 5 s.\n")[1].split("\n\n")[0]
    tables = tomllib.loads("\n".join(line.removeprefix("# ") for line in marked.splitlines()))
    tables["surroundings"]["sentry"] = {"token": "0123456789"}
    assert list(faults(Settings.model_validate(tables))) == []
    assert set(tables["surroundings"]) == {"application", "vendor", "sentry"}
