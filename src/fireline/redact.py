"""Secrets are taken out of everything that is stored, logged, sent or shown: by value, then by the shape of a token."""

from __future__ import annotations

import base64
import json
import re
import threading
from functools import lru_cache
from typing import Any
from urllib.parse import quote

MASK = "«redacted»"
SHORTEST = 6  # a shorter value would also mask ordinary words; settings warns of it instead

# Each with words of which one must stand in the case-folded text before the pattern can match: looking for a word is
# a hundred times quicker than running a pattern that has no fixed beginning, and every signal passes here.
_PATTERNS = (
    (("@",), re.compile(r"(?<=://)([^/\s:@'\"]+):([^@/\s'\"]+)(?=@)")),  # user:password@ in a DSN or URL
    (
        ("password", "passwd", "pwd", "secret", "api", "access"),
        # name = value, also as "name": "value" in JSON, and in JSON that stands in a text of JSON
        re.compile(
            r"(?i)(?<![a-z])(password|passwd|pwd|secret|secret[_-]?key|api[_-]?key|access[_-]?token)"
            r"(\\?[\"']?\s*[=:]\s*)(\\?'[^']*'|\\?\"[^\"]*\"|[^\s,;&'\"]+)"
        ),
    ),
    (
        ("password",),
        re.compile(r"(?i)\b(password)(\s+)(E?'(?:[^'\\]|\\.|'')*'?|\$\w*\$.*)", re.S),
    ),  # CREATE ROLE … PASSWORD '…'
    (
        ("eyj",),
        # A JWT. It is looked for from the beginning of a run and but once in it, as a run of nothing but beginnings of
        # tokens would otherwise be read again from each of them: hours for two megabytes.
        re.compile(
            r"(?<![A-Za-z0-9_-])(?P<before>(?:(?!\beyJ)[A-Za-z0-9_-])*+)"
            r"eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]*+"
        ),
    ),
    (
        ("xox", *(word + sign for word in ("sk", "rk", "pk", "sbp", "ghp", "gho", "ghs", "glpat") for sign in "_-")),
        re.compile(r"\b(?:sk|rk|pk|sbp|ghp|gho|ghs|glpat|xox[abprs])[_-][A-Za-z0-9_-]{12,}"),
    ),
    (("fl_",), re.compile(r"\bfl_[A-Za-z0-9_-]{20,}")),  # our own API tokens
    (("akia",), re.compile(r"\bAKIA[0-9A-Z]{16}\b")),
    (("bearer", "basic"), re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{12,}")),
    (
        ("-----begin",),
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S),
    ),
)

_HALVES = re.compile("[\ud800-\udfff]")

_lock = threading.Lock()
_forms: tuple[str, ...] = ()  # replaced whole, so that other threads may read it


class Secret:
    """A value that prints as a mask; making one registers it, so that no process shows it by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        register(value)

    def reveal(self) -> str:
        """The value itself: for the one call that needs it, never for a row or a log line."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def register(value: str) -> bool:
    """Mask this value, and its base64, URL and JSON forms, from now on; False when it is too short to be masked."""
    global _forms  # noqa: PLW0603 - one set of secrets per process
    if len(value) < SHORTEST:
        return False
    raw = value.encode(errors="surrogatepass")
    forms = {
        value,
        quote(raw, safe=""),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }
    with _lock:
        _forms = tuple(forms.union(_forms))
    return True


@lru_cache(maxsize=1)
def _any_of(forms: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all values, the longest first, so that a part of one is not taken for the whole."""
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))


def text(value: str) -> str:
    """The same text without secrets; what PostgreSQL can not store, NUL and half a surrogate pair, becomes U+FFFD."""
    forms = _forms
    for form in forms:
        if form in value:
            value = _any_of(forms).sub(MASK, value)
            break
    # Ignoring case, a pattern also takes the dotless and the dotted capital i for an i.
    folded = value.casefold().replace("\u0131", "i").replace("i\u0307", "i")
    for words, pattern in _PATTERNS:
        for word in words:
            if word in folded:
                value = pattern.sub(_masked, value)
                break
    return _storable(value)


def _storable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON may hold half a pair: "\\ud83d"
        value = _HALVES.sub("\ufffd", value)
    return value.replace("\0", "\ufffd")


def _masked(match: re.Match[str]) -> str:
    groups = match.groups()
    if len(groups) == 2:  # noqa: PLR2004 - user:password@: the user may stay, it helps to find the fault
        return f"{groups[0]}:{MASK}"
    if len(groups) == 3:  # noqa: PLR2004 - name = value
        return f"{groups[0]}{groups[1]}{MASK}"
    if match.lastgroup == "before":
        return f"{groups[0]}{MASK}"
    if len(groups) == 1:
        return f"{groups[0]} {MASK}"
    return MASK


def tree(value: Any) -> Any:
    """The same JSON value with every text in it redacted, keys included."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(str(key)): _leaf(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [tree(item) for item in value]
    return value


_SECRET_KEY = re.compile(r"(?i)(^|[_-])(password|passwd|secret|token|api[_-]?key|authorization)$")


def _leaf(key: str, value: Any) -> Any:
    """A text under a key that is named like a secret is one."""
    if isinstance(value, str) and value and _SECRET_KEY.search(key):
        return MASK
    return tree(value)
