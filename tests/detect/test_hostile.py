"""Deliveries that were made to hurt: each is read in a time that grows no faster than its size, and none is lost."""

from __future__ import annotations

import json
import time

import pytest

from fireline import redact
from fireline.detect.mail import document, words_of
from fireline.detect.source import Inbound
from fireline.detect.sources.generic import source
from fireline.settings import SourceSettings

JWT = "eyJhbGciOiJub25l.eyJzdWIiOiJhIn0.c2ln"


@pytest.mark.parametrize("piece", ["-eyJaaaaaaaa", "eyJaaaaaaaa.", "password='", "://a:", "bearer ", "-----BEGIN "])
def test_no_text_takes_long_to_be_redacted(piece: str) -> None:
    began = time.thread_time()
    redact.text(piece * (300_000 // len(piece)))
    assert time.thread_time() - began < 2  # a run of beginnings of tokens took a minute


@pytest.mark.parametrize("before", ["", "x-", "a.b.", "x=", "-eyJab-"])
def test_a_token_is_found_wherever_it_begins(before: str) -> None:
    assert "c2ln" not in redact.text(f"{before}{JWT} after")


@pytest.mark.parametrize("piece", ["<a ", "<a b=", "<!--", "<script>", "<", "</a", "<a b='", "&#"])
def test_no_html_of_a_mail_takes_long(piece: str) -> None:
    began = time.thread_time()
    words_of(piece * (300_000 // len(piece)))
    assert time.thread_time() - began < 2  # 20 KB of `<a ` took 18 seconds, in which the server did nothing else


def test_the_words_of_a_mail_are_found_between_what_is_no_word() -> None:
    html = "<head><title>no</title></head><!-- no --><p>97 &lt; 98 &amp; 1 < 2</p><SCRIPT>no</script>disk<br>full<p"
    assert words_of(html) == "97 < 98 & 1 < 2\ndisk\nfull"


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: x\nFrom: " + b"(" * 2_000 + b"\n\nhello",
        b"Content-Type: message/rfc822\n\n" * 5_000,
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" + b"\n--a\n" * 50_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\n\nx",
    ],
)
def test_whatever_a_mail_is_like_something_is_kept_of_it(content: bytes) -> None:
    began = time.thread_time()
    kept = document(content)
    assert kept["subject"] or kept["text"]
    assert time.thread_time() - began < 5


def test_what_is_too_large_for_its_map_is_an_alert_of_its_own_that_says_so() -> None:
    settings = SourceSettings.model_validate(
        {"format": "generic", "token": "token-of-jobs", "options": {"map": {"title": "$..a", "text": "$..b..c"}}}
    )
    body = json.dumps({"name": "disk", "long": {"k" * 10_000: [[]] * 150_000}}).encode()
    (event,) = source.parse(Inbound("jobs", body, settings, options=source.options_of("jobs", settings)))
    assert event.title == "a delivery from jobs is too large for its map"
    assert event.status == "firing"
    assert "100,000 values" in event.text
