"""Which alerts are meant: matchers as Alertmanager writes them, `target=main`, `alertname=~"Pg.*"`. Pure.

Patterns are RE2's, as there: no pattern can keep a worker busy for longer than the text is long.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from fireline.errors import Usage

LONGEST = 500  # characters of one matcher
MOST = 20  # of one silence or rule

_MATCHER = re.compile(r"\s*([A-Za-z_][\w.\-/]*)\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)
_QUIET = re2.Options()
_QUIET.log_errors = False
_OWN = ("source", "target", "severity", "title", "key")  # of an alert, beside its labels


@dataclass(frozen=True)
class Matcher:
    """One condition on a label, or on the source, target, severity, title or key of an alert; absent is empty."""

    name: str
    how: str  # =, !=, =~ or !~
    value: str

    def __str__(self) -> str:
        return f'{self.name}{self.how}"{self.value}"'

    def fits(self, fields: Mapping[str, str]) -> bool:
        """Whether an alert with these fields is meant; a pattern must fit the whole value."""
        given = fields.get(self.name, "")
        same = _pattern(self.value).fullmatch(given) is not None if "~" in self.how else given == self.value
        return same != self.how.startswith("!")


def matcher(text: str) -> Matcher:
    """Read one matcher; raises Usage."""
    parts = _MATCHER.fullmatch(text)
    if parts is None or len(text) > LONGEST:
        hint = "Write name=value, name!=value, name=~pattern or name!~pattern."
        raise Usage(f"{text[:60]!r} is not a matcher", hint=hint)
    name, how, value = parts.groups()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if "~" in how:
        _pattern(value)
    return Matcher(name, how, value)


def matchers(texts: Sequence[str]) -> tuple[Matcher, ...]:
    """Read all, one a line; raises Usage, also when they would fit every alert there is."""
    texts = [line for text in texts for line in text.splitlines() if line.strip()]
    if len(texts) > MOST:
        raise Usage(f"{len(texts)} matchers, more than {MOST}")
    read = tuple(matcher(text) for text in texts)
    if not any(not one.fits({}) for one in read):
        raise Usage("this would fit every alert", hint='Name at least one value, such as target=main or source=~".+".')
    return read


def fits(wanted: Sequence[Matcher], fields: Mapping[str, str]) -> bool:
    """Whether all of them fit."""
    return all(one.fits(fields) for one in wanted)


def fields_of(alert: Mapping[str, Any]) -> dict[str, str]:
    """What matchers see of an alert's row: its labels, and what it says by itself."""
    own = {name: str(alert[name]) for name in _OWN if alert.get(name)}
    return {**{name: str(value) for name, value in alert["labels"].items()}, **own}


@lru_cache(maxsize=1_000)
def _pattern(value: str) -> Any:
    try:
        return re2.compile(value, _QUIET)
    except re2.error as wrong:
        said = wrong.args[0] if wrong.args else wrong
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        raise Usage(
            f"{value[:60]!r} is not a pattern: {said}", hint="Patterns are RE2's, as in Alertmanager."
        ) from None
