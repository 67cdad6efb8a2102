"""The settings of the shelf: whose they are, what is wrong with them, where relative paths begin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fireline.assess.surrounding import explain, faults, own_settings, surroundings
from fireline.settings import Settings, read


def settings(**tables: Any) -> Settings:
    return Settings.model_validate({"surroundings": tables})


def test_what_is_not_set_is_not_asked() -> None:
    known = surroundings()
    nothing = settings()
    assert own_settings(known["application"], nothing) == {}
    assert own_settings(known["vendor"], nothing) == {}
    assert own_settings(known["sentry"], nothing) is None
    assert own_settings(known["users"], nothing).timeout.total_seconds() == 5
    assert list(faults(nothing)) == []


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"sentri": {}}, "surroundings.sentri: there is no such source; there are: application, sentry, users, vendor"),
        ({"sentry": {}}, "surroundings.sentry.token: Field required"),
        ({"sentry": {"token": "secret-secret", "tokn": 1}}, "surroundings.sentry.tokn: Extra inputs are not permitted"),
        ({"application": {"shop": {}}}, "surroundings.application.shop.url: Field required"),
        ({"application": {"url": "https://x"}}, "surroundings.application.url: Input should be a valid dictionary"),
        ({"vendor": {"a": {"url": "x", "timeout": "soon"}}}, "surroundings.vendor.a.timeout: 'soon' is not a duration"),
    ],
)
def test_a_fault_is_named_with_its_place(tables: dict[str, Any], said: str) -> None:
    (fault,) = faults(settings(**tables))
    assert fault.startswith(said)


def test_a_fault_does_not_tell_the_value() -> None:
    wrong = settings(sentry={"token": ["secret-secret"]})
    with pytest.raises(ValidationError) as caught:
        own_settings(surroundings()["sentry"], wrong)
    assert "secret-secret" not in explain(surroundings()["sentry"], caught.value)


def test_relative_paths_begin_at_the_settings_file_and_secrets_may_be_in_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sntryu_0123456789\n")
    (tmp_path / "fireline.toml").write_text(
        '[surroundings.sentry]\ntoken_file = "token"\n[surroundings.application.shop]\nurl = "https://x/"\nca = "ca.pem"\n'
    )
    found = read(tmp_path / "fireline.toml", environment={})
    assert own_settings(surroundings()["sentry"], found).token.reveal() == "sntryu_0123456789"
    assert own_settings(surroundings()["application"], found)["shop"].ca == tmp_path / "ca.pem"
