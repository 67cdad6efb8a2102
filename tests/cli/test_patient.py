from pathlib import Path

import pytest

from fireline.cli.patient import patient, remote
from fireline.cli.terminal import options
from fireline.errors import NotFound, Usage


def test_a_dsn_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text(" host=db dbname=app\n")
    assert patient(None, f"@{tmp_path / 'dsn'}").dsn.reveal() == "host=db dbname=app"
    assert patient(None, "host=db").name == "database"
    with pytest.raises(Usage):
        patient("main", "host=db")
    with pytest.raises(Usage, match="the DSN can not be read"):
        patient(None, "db with secret")


def test_the_only_target_need_not_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "fireline.toml"
    file.write_text('[targets.main]\ndsn = "host=one"\n')
    monkeypatch.setattr(options, "config", file)
    assert patient(None, None).name == "main"
    file.write_text('[targets.main]\ndsn = "host=one"\n[targets.other]\ndsn = "host=two"\n')
    with pytest.raises(NotFound, match="which database is meant"):
        patient(None, None)
    assert patient("other", None).dsn.reveal() == "host=two"


def test_a_dsn_is_looked_at_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRELINE_URL", "http://fireline.example")
    assert remote(None)
    assert not remote("host=db")
    monkeypatch.delenv("FIRELINE_URL")
    assert not remote(None)
