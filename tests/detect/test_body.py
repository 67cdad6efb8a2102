from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline import redact
from fireline.detect import body
from fireline.errors import Usage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def test_json_and_forms_are_read_by_what_they_are() -> None:
    assert body.read(b' {"a": [1, "\xc3\xa4"]}', "") == {"a": [1, "ä"]}
    assert body.read(b"a=1&b=&a=2", "application/x-www-form-urlencoded; charset=utf-8") == {"a": "2", "b": ""}
    assert body.read(b"\xef\xbb\xbf{}", "application/json") == {}
    assert body.read(b"  \n", "application/json") == {}


def test_json_sent_as_a_form_is_json_since_curl_says_so_of_everything() -> None:
    assert body.read(b'{"summary": "x"}', "application/x-www-form-urlencoded") == {"summary": "x"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"{", "not JSON: expecting property name"),
        (b"hello", "not JSON: expecting value at line 1 column 1"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"a": 1e999}', "out of range"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number that can not be kept"),
        (b'{"a": "\xff"}', "not UTF-8: byte 7"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b"[" * 65 + b"]" * 65, "nested deeper than 64"),
        (b"[" * 100_000, "nested deeper than 64"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "nested deeper than 64"),
    ],
)
def test_what_can_not_be_read_is_said_in_one_line(sent: bytes, said: str) -> None:
    with pytest.raises(Usage) as refused:
        body.read(sent, "application/json")
    assert said in refused.value.message
    assert "\n" not in refused.value.message


def test_a_multipart_form_and_a_form_of_endless_fields_are_refused() -> None:
    with pytest.raises(Usage, match="multipart"):
        body.read(b"--x", "multipart/form-data; boundary=x")
    with pytest.raises(Usage, match="more than 1000 fields"):
        body.read(b"&".join(b"a%d=1" % number for number in range(1001)), "application/x-www-form-urlencoded")


def test_64_levels_are_still_read_and_wide_is_not_deep() -> None:
    assert body.read(b"[" * 64 + b"]" * 64, "")
    assert len(body.read(b"[" + b"{}," * 999 + b"{}]", "")) == 1000


def test_half_a_character_becomes_a_replacement() -> None:
    assert body.read(b'{"a\\ud800": "b\\udfff", "c": ["\\uD83D\\uDE00"]}', "") == {"a�": "b�", "c": ["😀"]}


def test_a_body_without_secrets_is_kept_as_it_came() -> None:
    document = {"groupKey": '{}:{alertname="Down"}', "text": "line\nline – ü \\ tab\t", "url": "http://prom/graph"}
    assert json.loads(body.redacted(document)) == document


@pytest.mark.parametrize(
    "document",
    [
        {"dsn": "postgres://app:hunter2hunter2@db/app"},
        {"text": "line\npassword=hunter2hunter2"},
        {"text": 'he said "password=hunter2hunter2"'},
        {"text": "tab\tsecret: hunter2hunter2"},
        {"token": "hunter2hunter2"},
        {"labels": {"API_KEY": "hunter2hunter2"}},
        {"labels": {"Authorization": "hunter2hunter2"}},
        {"deep": [{"db_password": "hunter2hunter2"}]},
        {"back": "\\password=hunter2hunter2"},
        {"back": "\\\\n password=hunter2hunter2 \u0001"},
        {"bell": "\u0007password=hunter2hunter2"},
        {"feed": "\fpassword=hunter2hunter2"},
    ],
)
def test_secrets_are_out_whatever_stands_before_them(document: object) -> None:
    kept = body.redacted(document)
    assert "hunter2" not in kept
    assert json.loads(kept) == redact.tree(document)


@given(JSON)
def test_the_quick_look_finds_whatever_the_long_look_finds(document: object) -> None:
    redact.register("sentinel-value-1")
    whole = {"a": document, "b": ["x\nsentinel-value-1", {"c": 'password="y"'}]}
    for kept in (document, whole):
        assert json.loads(body.redacted(kept)) == redact.tree(kept)


@given(st.binary(max_size=200), st.sampled_from(["", "application/json", "application/x-www-form-urlencoded"]))
def test_no_bytes_lead_to_anything_but_a_usage_error(sent: bytes, content_type: str) -> None:
    with contextlib.suppress(Usage):
        json.dumps(body.read(sent, content_type)).encode()
