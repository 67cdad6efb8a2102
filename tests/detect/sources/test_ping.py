"""What a ping says, as healthchecks.io documents its paths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.detect.source import Event, Inbound
from fireline.detect.sources.ping import source
from fireline.errors import FirelineError, NotFound, SettingsError, Usage
from fireline.settings import Settings
from fireline.settings import read as read_settings

UUID, RID = "1b1f8d5e-3a57-4cf5-9b1c-0e6f3f2a4d11", "2c2f8d5e-3a57-4cf5-9b1c-0e6f3f2a4d22"
KEY = "ping-key-of-tests"


def settings(**beats: Any) -> Settings:
    kept = {"backup": {"source": "jobs", "uuid": UUID.upper()}} | beats
    return Settings.model_validate({"sources": {"jobs": {"format": "ping", "token": KEY}}, "beats": kept})


def inbound(path: str, body: bytes = b"", given: Settings | None = None, **query: str) -> Inbound:
    kept = given or settings()
    own = kept.sources["jobs"]
    place = dict(zip(("first", "second", "third"), path.split("/"), strict=False)) if path else {}
    options = source.complete(kept, "jobs", source.options_of("jobs", own))  # type: ignore[misc]
    return Inbound("jobs", body, own, "text/plain", query, {"user-agent": "curl/8"}, "GET", place, options)


def read(path: str, body: bytes = b"", **query: str) -> Event:
    (event,) = source.parse(inbound(path, body, None, **query))
    return event


@pytest.mark.parametrize("whose", [UUID, UUID.upper(), f"{KEY}/backup"])
@pytest.mark.parametrize(
    ("end", "action", "status"),
    [("", "success", "resolved"), ("/start", "start", "noted"), ("/fail", "fail", "firing"), ("/log", "log", "noted"),
     ("/0", "success", "resolved"), ("/1", "fail", "firing"), ("/255", "fail", "firing")],
)  # fmt: skip
def test_every_path_says_what_happened(whose: str, end: str, action: str, status: str) -> None:
    event = read(whose + end)
    assert (event.kind, event.labels["beat"], event.labels["action"], event.status) == (
        "beat",
        "backup",
        action,
        status,
    )


@pytest.mark.parametrize("end", ["/256", "/99999999999999999999"])
def test_a_code_that_no_program_ends_with_is_refused(end: str) -> None:
    with pytest.raises(Usage, match="invalid url format"):
        read(UUID + end)


@pytest.mark.parametrize(
    "path", [f"{UUID}/ignored", f"{KEY}/backup/what", f"{KEY}/UPPER", f"{KEY}/a b", KEY, f"{UUID}/-1", f"{UUID}/²"]
)
def test_what_is_no_path_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        read(path)


def test_a_run_is_named_by_a_uuid() -> None:
    assert read(UUID, rid=RID.upper()).labels["rid"] == RID
    for wrong in ("", "1", RID.replace("-", ""), RID + "0"):
        with pytest.raises(Usage, match="invalid uuid format"):
            read(UUID, rid=wrong)


def test_what_a_job_says_is_kept_whatever_it_is() -> None:
    assert read(UUID, b"\xff\x00 broken {").text.endswith("broken {")
    assert source.read is not None
    kept = source.read(inbound(UUID, b"x" * 200_000, rid=RID))
    assert (len(kept["text"]), kept["rid"], kept["agent"]) == (100_000, RID, "curl/8")
    assert UUID not in str(kept)


def test_at_the_path_of_its_source_the_query_says_it() -> None:
    assert read("", slug="backup", action="3").labels["exit"] == "3"
    with pytest.raises(Usage):
        read("")


def test_a_job_that_no_settings_name_is_asked_for_in_the_store() -> None:
    assert source.before is not None
    assert source.before(inbound(UUID)) is None
    assert source.before(inbound(f"{KEY}/backup")) is None
    assert source.before(inbound(f"{KEY}/another")) is not None
    with pytest.raises(Usage):
        source.before(inbound(f"{KEY}/another", rid="no", create="1"))


@pytest.mark.parametrize(
    ("beats", "said"),
    [({"b": {"source": "jobs", "slug": "backup"}}, "is that of"),
     ({"b": {"source": "jobs", "uuid": UUID}}, "is that of"), ({"With Blank": {"source": "jobs"}}, "slug: is needed")],
)  # fmt: skip
def test_settings_that_contradict_each_other_are_named(beats: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        inbound(UUID, given=settings(**beats))


@given(
    st.lists(st.text(max_size=12), max_size=3),
    st.binary(max_size=40),
    st.dictionaries(st.sampled_from(["rid", "create", "slug", "action"]), st.text(max_size=9)),
)
def test_whatever_comes_is_one_sign_or_one_line_that_says_why_not(
    path: list[str], body: bytes, query: dict[str, str]
) -> None:
    said = ""
    try:
        said = read("/".join(path), body, **query).kind
    except FirelineError as refused:
        said = refused.message
    assert said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("told", "said"),
    [({"beats": {"b": {"source": "nobody"}}}, "beats: b comes to 'nobody', which is no source of the format ping"),
     ({"probes": {"p": {"target": "nobody"}}}, "probes: p is about 'nobody', which is no target"),
     ({"probes": {"p": {"url": "http://x", "tcp": "x:1"}}}, "needs exactly one of url, tcp, statuspage and target"),
     ({"probes": {"p": {"tcp": "x"}}}, "tcp is HOST:PORT"), ({"beats": {"b": {"source": "jobs", "uuid": "x"}}}, "beats.b.uuid")],
)  # fmt: skip
def test_settings_of_what_is_watched_name_what_there_is(told: Any, said: str, tmp_path: Path) -> None:
    lines = ["[sources.jobs]", 'format = "ping"', 'token = "a-token-of-tests"']
    for kind, tables in told.items():
        for name, table in tables.items():
            lines += [f"[{kind}.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    file = tmp_path / "fireline.toml"
    file.write_text("\n".join(lines))
    with pytest.raises(SettingsError) as refused:
        read_settings(file, {})
    assert said in refused.value.message
