from __future__ import annotations

import re

import pytest

from fireline import shelf
from fireline.detect.setup import list_sources
from fireline.detect.source import Source
from fireline.incident.people import FIRELINE
from fireline.settings import Settings
from fireline.store.connect import Connection

FORMATS: dict[str, Source] = shelf.read("fireline.detect.sources", "source")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_in_a_few_lines_how_its_sender_is_set_up(name: str) -> None:
    lines = FORMATS[name].setup
    assert 1 <= len(lines) <= 3
    assert all(len(line) < 220 for line in lines)
    assert set(re.findall(r"\$\w+", " ".join(lines))) <= {"$URL", "$NAME"}
    assert any(word in " ".join(lines) for word in ("TOKEN", "secret"))


def test_no_secret_of_the_settings_is_told(conn: Connection) -> None:
    settings = Settings.model_validate(
        {
            "server": {"public_url": "https://fire.example.org"},
            "sources": {
                "pd": {"format": "pagerduty", "token": "abcdefghijklmnopqrstuvwxyz012345"},
                "hub": {"format": "github", "secret": "the-secret-of-the-hub"},
            },
        }
    )
    pager, hub = list_sources(conn, FIRELINE, settings)
    assert pager["url_with_token"] == "https://fire.example.org/in/pd?token=TOKEN"
    assert pager["paths"] == ["https://fire.example.org/v2/enqueue"]
    assert "https://fire.example.org/v2/enqueue" in pager["setup"][0]
    assert hub["url_with_token"] == "https://fire.example.org/in/hub"
    assert "abcdefgh" not in str([pager, hub])
    assert "the-secret" not in str([pager, hub])
