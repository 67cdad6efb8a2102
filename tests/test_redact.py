"""No secret gets through: by its value in every form it may take, then by the shape of a token."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline import redact
from fireline.redact import MASK, Secret

ODD = 'p@ss "wörd"/+\\€%'
SECRETS = st.text(min_size=redact.SHORTEST, max_size=40).filter(lambda value: value not in MASK)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "form",
    [
        ODD,
        quote(ODD, safe=""),
        json.dumps(ODD)[1:-1],
        json.dumps(ODD, ensure_ascii=False)[1:-1],
        base64.b64encode(ODD.encode()).decode(),
        base64.b64encode(ODD.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(ODD.encode()).decode(),
    ],
)
def test_a_value_is_masked_in_every_encoding(form: str) -> None:
    Secret(ODD)
    masked = redact.text(f"before {form} after")
    assert form.rstrip("=") not in masked
    assert MASK in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")


@pytest.mark.parametrize(
    ("line", "gone", "kept"),
    [
        ("postgresql://app:hunter2@db/prod", "hunter2", "postgresql://app:"),
        ("https://user:pw@host/x?y=1", "pw@", "host/x?y=1"),
        ("password=hunter2 host=db", "hunter2", "host=db"),
        ("PASSWORD: 'two words', next", "two words", "next"),
        ("CREATE ROLE web LOGIN PASSWORD 'it''s \\' secret' IN ROLE app", "secret", "IN ROLE app"),
        ("ALTER ROLE web PASSWORD E'hunter2'", "hunter2", "ALTER ROLE web PASSWORD"),
        ("alter user web password $x$hunter2$x$", "hunter2", "alter user web"),
        ('{"api_key": "abc"}', "abc", "}"),
        (json.dumps({"body": '{"password": "abc", "n": 1}'}), "abc", "n"),
        ("DB_PASSWORD=hunter2 SECRET_KEY=abc", "hunter2", "DB_PASSWORD="),
        ("client-secret-key: abc", "abc", "client-"),
        ("Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop", "Authorization"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl done", "eyJhbGciOiJIUzI1NiJ9", "done"),
        ("key sk_live_4242424242424242 used", "sk_live", "used"),
        ("xoxb-123456789012-abcdef and", "xoxb-1", "and"),
        ("AKIAIOSFODNN7EXAMPLE in us", "AKIAIOSFODNN7EXAMPLE", "in us"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest", "MIIE", "rest"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE cut off", "MIIE", ""),
        ("PAſſWORD... password\t=\thunter2", "hunter2", ""),
        ("APİ_KEY=hunter2 api_key=hunter2", "api_key=hunter2", ""),
    ],
)
def test_the_shape_of_a_token_gives_it_away(line: str, gone: str, kept: str) -> None:
    masked = redact.text(line)
    assert gone not in masked
    assert kept in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "line", ["the password is wrong", "basic idea of a bearer", "sk-8 skis", "a@b.example", "x://y"]
)
def test_ordinary_words_stay(line: str) -> None:
    assert redact.text(line) == line


def test_the_longest_of_two_secrets_is_masked_whole() -> None:
    Secret("prefix")
    Secret("prefix-and-more")
    assert redact.text("prefix-and-more prefix") == f"{MASK} {MASK}"


def test_a_short_value_is_not_masked_and_says_so() -> None:
    assert redact.register("abcde") is False
    assert redact.text("abcde") == "abcde"


def test_a_secret_never_shows_itself() -> None:
    secret = Secret("hunter2-hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hunter2-hunter2"
    assert secret == Secret("hunter2-hunter2")
    assert secret != Secret("hunter3-hunter3")
    assert len({secret, Secret("hunter2-hunter2")}) == 1


def test_what_postgresql_can_not_store_is_replaced() -> None:
    assert redact.text("a\0b\ud83dc😀") == "a\ufffdb\ufffdc😀"


def test_a_tree_is_redacted_in_keys_and_leaves_and_under_keys_named_like_secrets() -> None:
    Secret("hunter2-hunter2")
    tree = {
        "hunter2-hunter2": ["is hunter2-hunter2", {"deep": "hunter2-hunter2"}],
        "db_password": "x",
        "token": {"count": 3},
        "api-key": "",
        "n": 1.5,
        "none": None,
    }
    assert redact.tree(tree) == {
        MASK: [f"is {MASK}", {"deep": MASK}],
        "db_password": MASK,
        "token": {"count": 3},
        "api-key": "",
        "n": 1.5,
        "none": None,
    }


@given(SECRETS, st.text(), st.text())
def test_no_registered_value_ever_gets_through(secret: str, before: str, after: str) -> None:
    kept = redact._forms
    try:
        redact.register(secret)
        assert secret not in redact.text(f"{before}«{secret}»{after}").replace(MASK, "")
    finally:
        redact._forms = kept


@given(st.text())
def test_redacting_twice_is_redacting_once(value: str) -> None:
    assert redact.text(redact.text(value)) == redact.text(value)


@given(JSON)
def test_a_tree_keeps_its_shape_and_can_be_stored(tree: object) -> None:
    clean = redact.tree(tree)
    assert type(clean) is type(tree)
    json.dumps(clean, ensure_ascii=False).encode()
    assert "\\u0000" not in json.dumps(clean)
