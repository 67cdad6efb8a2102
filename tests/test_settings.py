"""Settings: from the file, the environment and secret files; a wrong key is an error that says which is right."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline import redact, settings
from fireline.errors import SettingsError
from fireline.settings import Settings, duration, read, short_secrets


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An empty settings file."""
    path = tmp_path / "fireline.toml"
    path.write_text("")
    return path


def told(file: Path, content: str, **environment: str) -> str:
    """What is said about settings that can not be used."""
    file.write_text(content)
    with pytest.raises(SettingsError) as wrong:
        read(file, environment)
    assert "\n" not in wrong.value.message
    assert wrong.value.hint
    return wrong.value.message


def test_nothing_need_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = read(environment={})
    assert found.origin is None
    assert found.server.bind == "127.0.0.1:8700"
    assert found.path(found.store.folder) == tmp_path / ".fireline"


def test_the_file_is_read_and_paths_start_from_its_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[server]\nbind = "0.0.0.0:9"\n[targets.main]\ndsn = "postgresql://u:hunter2hunter2@h/d"\n')
    monkeypatch.chdir("/")
    found = read(file, {})
    assert found.server.url == "http://127.0.0.1:9"
    assert found.targets["main"].dsn.reveal() == "postgresql://u:hunter2hunter2@h/d"
    assert found.path(Path("x")) == file.parent / "x"
    assert found.path(Path("/x")) == Path("/x")


def test_it_is_found_in_a_folder_above(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file.parent / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(file.parent / "a" / "b")
    monkeypatch.delenv("FIRELINE_CONFIG", raising=False)
    assert settings.find() == file


def test_the_one_that_is_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="no settings file at"):
        settings.find(tmp_path / "none.toml")
    monkeypatch.setenv("FIRELINE_CONFIG", str(tmp_path / "other.toml"))
    with pytest.raises(SettingsError, match=r"other\.toml"):
        settings.find()


def test_the_environment_goes_over_the_file(file: Path) -> None:
    file.write_text('[server]\nbind = "a:1"\n[policy]\nimmediate = "1m"\n')
    environment = {
        "FIRELINE__SERVER__BIND": "b:2",
        "FIRELINE__TARGETS__MAIN__DSN": "postgresql://h/d",
        "FIRELINE__POLICY__READ_TIMEOUT": "3s",
        "FIRELINE_DATABASE_URL": "postgresql://store/x",
        "PATH": "/bin",
    }
    found = read(file, environment)
    assert found.server.bind == "b:2"
    assert found.targets["main"].dsn.reveal() == "postgresql://h/d"
    assert found.policy.read_timeout == timedelta(seconds=3)
    assert found.policy.immediate == timedelta(minutes=1)
    assert found.store.url is not None
    assert found.store.url.reveal() == "postgresql://store/x"


def test_a_secret_may_lie_in_a_file_of_its_own(file: Path) -> None:
    (file.parent / "dsn").write_text("postgresql://u:from-a-file@h/d\n")
    file.write_text('[targets.main]\ndsn_file = "dsn"\n[channels.email]\npassword_file = "dsn"\n')
    found = read(file, {"FIRELINE_DATABASE_URL_FILE": str(file.parent / "dsn")})
    assert found.targets["main"].dsn.reveal() == "postgresql://u:from-a-file@h/d"
    assert found.store.url == found.targets["main"].dsn
    assert found.channels["email"] == {"password": "postgresql://u:from-a-file@h/d"}
    assert "from-a-file" not in redact.text("it is postgresql://u:from-a-file@h/d")


def test_a_secret_file_that_can_not_be_read_is_named(file: Path) -> None:
    content = '[targets.main]\ndsn_file = "gone"\n'
    assert told(file, content) == f"dsn_file: {file.parent}/gone: No such file or directory"
    (file.parent / "gone").write_bytes(b"\xff\xfe")
    assert told(file, content).endswith("gone: not UTF-8 text")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[server]\nbnd = 1", "unknown key server.bnd; did you mean bind?"),
        ("[sever]\nbind = 1", "unknown key sever; did you mean server?"),
        ('[targets.main]\ndns = "x"', "unknown key targets.main.dns; did you mean dsn?"),
        ("[heartbeat]\nqqq = 1", "unknown key heartbeat.qqq; known here: every, url"),
        ('[policy]\nimmediate = "5 minutes"', "'5 minutes' is not a duration such as 90s, 5m, 1h30m or 2d"),
        ('[calendar]\ntimezone = "Mars/Base"', "'Mars/Base' is not an IANA time zone such as Europe/Berlin"),
        ("[calendar]\nworkdays = [7]", "needs at least one day, each between 0 (Monday) and 6 (Sunday)"),
        ("[calendar]\nworkdays = []", "needs at least one day"),
        ("[targets.main]\nkind = 'postgres'", "targets.main.dsn: Field required"),
        ("[targets.main]\ndsn = 5", "targets.main.dsn: must be a text"),
        ("[runbook]\nthreshold = 2", "runbook.threshold: Input should be less than or equal to 1"),
        ("[server\n", "line 1"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(file: Path, content: str, message: str) -> None:
    said = told(file, content)
    assert said.startswith(f"{file}: ")
    assert message in said


def test_a_file_that_is_not_text_is_named(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="codec can't decode"):
        read(file, {})


def test_an_environment_that_goes_through_a_value_is_an_error(file: Path) -> None:
    assert told(file, "store = 1", FIRELINE_DATABASE_URL="x") == "FIRELINE__STORE__URL: store is not a table"
    assert "server is not a table" in told(file, "", FIRELINE__SERVER="x", FIRELINE__SERVER__BIND="y")


def test_a_wrong_secret_is_not_shown_in_what_is_said(file: Path) -> None:
    assert "hunter2" not in told(file, '[targets.main]\ndsn = ["hunter2"]\n')


def test_secrets_too_short_to_be_masked_are_named(file: Path) -> None:
    file.write_text(
        '[targets.main]\ndsn = "abc"\n[heartbeat]\nurl = "https://long.example/ping"\n'
        '[sources.prom]\nformat = "alertmanager"\ntoken = "12345"\n'
    )
    assert short_secrets(read(file, {})) == ["targets.main.dsn", "sources.prom.token"]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("1h30m", 5400), ("2d", 172800), ("250ms", 0.25), (3, 3), ("1.5h", 5400)]
)
def test_durations_are_read_as_people_write_them(text: object, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "5 parsecs", "-5m", "5m!", True, None, []])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        duration(text)


@given(st.integers(0, 99), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_is_the_sum_of_its_parts(days: int, hours: int, minutes: int, seconds: int) -> None:
    written = f"{days}d {hours}h{minutes}m {seconds}s"
    assert duration(written) == timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def test_settings_that_are_shown_hide_their_secrets(file: Path) -> None:
    file.write_text('[targets.main]\ndsn = "postgresql://u:hunter2hunter2@h/d"\n')
    assert "hunter2" not in read(file, {}).model_dump_json()
    assert "hunter2" not in repr(read(file, {}))


def test_every_key_has_a_description() -> None:
    def bare(model: type[settings.Model], place: str) -> list[str]:
        found = []
        for name, field in model.model_fields.items():
            annotation = field.annotation
            inner = getattr(annotation, "__args__", (annotation,))[-1]
            if isinstance(inner, type) and issubclass(inner, settings.Model):
                found += bare(inner, f"{place}{name}.")
            elif not field.description:
                found.append(f"{place}{name}")
        return found

    assert bare(Settings, "") == []


def test_where_supabase_runs_a_target_is_a_table_of_its_own(file: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sbp_of_the_settings_test\n")
    table = '[targets.main]\ndsn = "postgresql://h/d"\n[targets.main.supabase]\nproject = "shopproject"\n'
    file.write_text(f'{table}token_file = "{tmp_path / "token"}"\n')
    found = read(file, {}).targets["main"].supabase
    assert found
    assert (found.project, found.token.reveal(), found.api) == (
        "shopproject", "sbp_of_the_settings_test", "https://api.supabase.com",
    )  # fmt: skip
    file.write_text(f'{table}tokn = "x"\n')
    with pytest.raises(SettingsError, match=r"unknown key targets\.main\.supabase\.tokn; did you mean token"):
        read(file, {})
