"""Which format a path belongs to: the paths that senders already know, so that who moves here changes only the host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from fireline.detect.source import Route, Source

_NAME = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True)
class Found:
    """A route that a path fits, and what stood for its names."""

    format: str
    methods: frozenset[str]
    place: Mapping[str, str]


class Routes:
    """All routes of the shelf, told apart by the first part of their path before anything else is looked at."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._by_beginning: dict[str, list[tuple[re.Pattern[str], str, Route]]] = {}
        for source in sources:
            for route in source.routes:
                entry = (_pattern(route.path), source.format, route)
                self._by_beginning.setdefault(_beginning(route.path), []).append(entry)

    def find(self, path: str) -> Found | None:
        """The format whose route this path is; None when it belongs to none."""
        for pattern, format_, route in self._by_beginning.get(_beginning(path), ()):
            if fits := pattern.fullmatch(path):
                return Found(format_, route.methods, {name: unquote(value) for name, value in fits.groupdict().items()})
        return None


def _beginning(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""


def _pattern(path: str) -> re.Pattern[str]:
    parts, end = [], 0
    for name in _NAME.finditer(path):
        parts += [re.escape(path[end : name.start()]), f"(?P<{name[1]}>{'.+' if name[2] else '[^/]+'})"]
        end = name.end()
    return re.compile("".join([*parts, re.escape(path[end:])]) + "/?")
