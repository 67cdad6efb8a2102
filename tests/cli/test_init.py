import stat
from pathlib import Path

import pytest

from fireline import settings
from fireline.postgres.connect import Target
from tests.cli.conftest import Fireline

REFERENCE = Path(__file__).parents[1] / "data" / "incident-response.md"


@pytest.fixture
def made(bare: Fireline, patient: Target) -> Fireline:
    """A folder that init has written."""
    dsn = bare.folder / "given"
    dsn.write_text(patient.dsn.reveal())
    (bare.folder / "runbook.md").write_bytes(REFERENCE.read_bytes())
    done = bare("init", "--runbook", "runbook.md", "--target", "main=@given")
    assert done.code == 0, done.err
    return bare


def test_what_it_writes_is_understood_and_says_what_the_runbook_says(made: Fireline, patient: Target) -> None:
    read = settings.read(made.folder / "fireline.toml", {})
    assert [one.name for one in read.runbook.files] == ["runbook.md"]
    assert read.targets["main"].dsn == patient.dsn
    assert {name: one.format for name, one in read.sources.items()} == {
        "alertmanager": "alertmanager",
        "generic": "generic",
    }
    assert all(one.token and len(one.token.reveal()) > 30 for one in read.sources.values())
    contacts = {name: (one.role, one.address) for name, one in read.contacts.items()}
    assert contacts["on-call-engineer"] == ("On-Call Engineer", "")
    assert ("dev-team@elaro.com") in [address for _, address in contacts.values()]
    text = (made.folder / "fireline.toml").read_text()
    assert "#   P0 Critical: Immediate" in text
    assert "#   P3 Low: Next business day" in text


def test_nobody_is_confirmed_so_nobody_is_mailed(made: Fireline) -> None:
    read = settings.read(made.folder / "fireline.toml", {})
    assert read.contacts
    assert not any(one.confirmed for one in read.contacts.values())


def test_secrets_are_in_files_that_only_this_account_can_read(made: Fireline, patient: Target) -> None:
    secrets = list((made.folder / ".fireline" / "secrets").iterdir())
    assert {one.name for one in secrets} == {"main.dsn", "alertmanager.token", "generic.token"}
    assert {stat.S_IMODE(one.stat().st_mode) for one in secrets} == {0o600}
    assert patient.dsn.reveal() not in (made.folder / "fireline.toml").read_text()


def test_it_writes_over_nothing_unless_told_to_and_keeps_tokens_that_senders_have(made: Fireline) -> None:
    token = (made.folder / ".fireline" / "secrets" / "generic.token").read_text()
    done = made("init", "--runbook", "runbook.md", "--target", "main=@given")
    assert (done.code, done.err.splitlines()[0]) == (1, "error: fireline.toml is there already")
    assert made("init", "--runbook", "runbook.md", "--target", "main=@given", "--force").code == 0
    assert (made.folder / ".fireline" / "secrets" / "generic.token").read_text() == token


def test_it_names_what_is_still_to_be_filled_in_with_its_line_and_what_comes_next(bare: Fireline) -> None:
    (bare.folder / "runbook.md").write_bytes(REFERENCE.read_bytes())
    done = bare("init", "--runbook", "runbook.md", "--target", "main=host=/nowhere dbname=x", "--dir", "there")
    assert done.code == 0
    line = next(n for n, text in enumerate(REFERENCE.read_text().splitlines(), 1) if "On-Call Engineer" in text)
    assert f"  runbook.md:{line}: [Contact Info]" in done.out
    assert "warning: " in done.out, "a target that does not answer is a warning"
    assert [text.strip() for text in done.out.splitlines()[-4:]] == [
        "cd there", "fireline doctor", "fireline up", "fireline doctor --send-test-alert",
    ]  # fmt: skip
    assert settings.read(bare.folder / "there" / "fireline.toml", {}).runbook.files == [Path("../runbook.md")]


@pytest.mark.parametrize("target", ["main", "main=", "=dsn", "a b=dsn", "a.b=dsn"])
def test_a_target_is_a_name_and_a_dsn(bare: Fireline, target: str) -> None:
    (bare.folder / "runbook.md").write_bytes(REFERENCE.read_bytes())
    done = bare("init", "--runbook", "runbook.md", "--target", target)
    assert done.code == 2
    assert not (bare.folder / "fireline.toml").exists()
