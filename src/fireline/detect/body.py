"""Reads the body of a request into plain JSON data the store can keep, or says in one line why it can not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

from fireline import redact
from fireline.errors import Usage

DEEPEST = 64  # levels of nesting; real senders need five
MOST_FIELDS = 1_000  # of a form

_SURROGATE = re.compile("[\ud800-\udfff]")
# Words of the names under which `redact` hides any value; one of them anywhere is reason enough for the long look.
_SECRET_NAMES = ("password", "passwd", "secret", "token", "api", "authorization")


def read(body: bytes, content_type: str) -> Any:
    """A JSON document, or the fields of a form as a dict of texts; an empty body is an empty dict.

    Raises Usage. What starts like JSON is read as JSON whatever the content type says: curl calls everything a form.
    """
    start = body.lstrip()[:1]
    if not start:
        return {}
    if start not in b"{[" and "x-www-form-urlencoded" in content_type.lower():
        return _form(body)
    if start not in b"{[" and "multipart/" in content_type.lower():
        raise Usage("a multipart form is not read here", hint="Send JSON or application/x-www-form-urlencoded.")
    return _json(body)


def _json(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Usage(f"the body is not UTF-8: byte {wrong.start}", hint="Send JSON encoded as UTF-8.") from None
    try:
        document = _DECODER.decode(text)
    except json.JSONDecodeError as wrong:
        raise Usage(f"the body is not JSON: {wrong.msg.lower()} at line {wrong.lineno} column {wrong.colno}") from None
    except RecursionError:
        raise Usage(_too_deep()) from None
    except ValueError as wrong:  # a number with thousands of digits, or one of the two hooks below
        raise Usage(f"the body holds a number that can not be kept: {str(wrong).splitlines()[0][:80]}") from None
    if text.count("[") + text.count("{") > DEEPEST:
        _check_depth(document)
    return _without_surrogates(document) if "\\ud" in text or "\\uD" in text else document


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{digits[:20]} is out of range")
    return number


# Made once: making one takes as long as reading an alert.
_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def _too_deep() -> str:
    return f"the body is nested deeper than {DEEPEST} levels"


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(DEEPEST):
        level = [child for item in level for child in _children(item) if isinstance(child, dict | list)]
        if not level:
            return
    raise Usage(_too_deep())


def _children(item: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return item.values() if isinstance(item, dict) else item


def _without_surrogates(value: Any) -> Any:
    """Half a character, written as an escape, is no text that PostgreSQL could keep."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value


def _form(body: bytes) -> dict[str, str]:
    text = body.decode("utf-8", errors="replace")
    try:
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Usage(f"the form has more than {MOST_FIELDS} fields") from None
    return {name: values[-1] for name, values in fields.items()}


def redacted(document: Any) -> str:
    """A document as JSON text without secrets.

    Nearly every body holds none, and is kept as it came: one look at the whole text finds that out ten times quicker
    than a look at every text in it. What an escape could hide from that look is looked at piece by piece.
    """
    text = _ENCODER.encode(document)
    seen = _unescaped(text)
    if "\\" not in seen and not _names_a_secret(seen) and redact.text(seen) == seen:
        return text
    return _ENCODER.encode(redact.tree(document))


def _names_a_secret(text: str) -> bool:
    folded = text.casefold().replace("\u0131", "i").replace("i\u0307", "i")  # as a pattern that ignores case would
    return any(word in folded for word in _SECRET_NAMES)


def _unescaped(text: str) -> str:
    """The text with the usual escapes taken away; a backslash that is left stands for one that is not usual."""
    for escape, sign in _ESCAPES:
        text = text.replace(escape, sign)
    return text


# The escaped backslash comes first and turns into a sign that JSON text never holds.
_ESCAPES = (("\\\\", "\x01"), ('\\"', '"'), ("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ("\\/", "/"))
