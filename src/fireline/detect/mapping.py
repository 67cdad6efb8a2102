"""A declared mapping: JSONPaths that say where in a sender's own JSON the fields of an alert stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from fireline.detect.source import MOST_EVENTS, line
from fireline.errors import Usage
from fireline.settings import Model

if TYPE_CHECKING:
    from jsonpath import CompoundJSONPath, JSONPath, JSONPathMatch

MOST_LOOKS = 100_000  # values that the paths of a map may look at in one delivery: about a second
RESOLVED = ("close", "closed", "resolve", "resolved", "ok", "up", "recovery", "recovered")
_FIELDS = ("title", "text", "severity", "status", "dedup", "target", "group", "starts_at")


class Map(Model):
    """Where the fields of an alert stand, as JSONPaths (RFC 9535); a field that is left out is read under its usual name.

    With `each`, a path is looked up in the element, where `$` is the element, and what is not there in the whole body.
    """

    each: str | None = Field(None, description="a list, such as `$.alerts`: each of its elements is an alert")
    title: str | None = Field(None, description="what is wrong, in one line")
    text: str | None = Field(None, description="all that is known of it")
    severity: str | None = Field(None, description="the sender's word for how bad it is")
    status: str | None = Field(None, description="whether it fires; see `resolved`")
    resolved: list[str] = Field(
        list(RESOLVED), description="values of `status` that mean it is over, whatever their case"
    )
    dedup: str | None = Field(None, description="the same value is the same alert")
    target: str | None = Field(None, description="name of the target it is about")
    group: str | None = Field(None, description="alerts with the same value become one incident")
    starts_at: str | None = Field(None, description="since when, as ISO time or seconds since 1970")
    labels: str | dict[str, str] = Field(
        default_factory=dict, description="one path to an object of labels, or a table with a path for each label"
    )

    @field_validator("each", *_FIELDS, "labels")
    @classmethod
    def _are_paths(cls, value: str | dict[str, str] | None) -> str | dict[str, str] | None:
        for path in [value] if isinstance(value, str) else value.values() if value else ():
            _compiled(path)
        return value


@dataclass(frozen=True)
class Found:
    """What the map found of one alert, under the usual names, and the fields that it did not find."""

    element: Any
    fields: dict[str, Any]
    missed: tuple[str, ...]


@cache
def _compiled(path: str) -> JSONPath | CompoundJSONPath:
    from jsonpath import JSONPathEnvironment, JSONPathError  # only those with a map need it

    if not path.startswith("$"):
        raise ValueError(f"{path!r} is no JSONPath: it begins with $, as in $.title")
    try:
        return JSONPathEnvironment(strict=True).compile(path)
    except JSONPathError as wrong:
        said = (str(wrong).splitlines() or ["it can not be read"])[0]
        raise ValueError(f"{path!r} is no JSONPath: {said}") from None


class TooMuch(Exception):
    """More values would have to be looked at than a delivery may ask for."""


class _Looks:
    """How many values may still be looked at in a delivery."""

    def __init__(self) -> None:
        self.left = MOST_LOOKS

    def one(self) -> None:
        """One more; raises TooMuch."""
        self.left -= 1
        if self.left < 0:
            raise TooMuch


@cache
def _counted() -> type[JSONPathMatch]:
    """The library's match, but each is counted, and where it stands, which can be long, is not written down."""
    from jsonpath import JSONPathMatch

    class Counted(JSONPathMatch):
        __slots__ = ("looks",)
        looks: _Looks

        def new_child(self, obj: object, key: int | str) -> JSONPathMatch:
            del key
            self.looks.one()
            context = self.filter_context()
            child = Counted(filter_context=context, obj=obj, parent=self, path="", parts=(), root=self.root)
            child.looks = self.looks
            return child

        def add_child(self, *children: JSONPathMatch) -> None:
            """Nobody asks for them."""

    return Counted


def _all(path: str, document: Any, looks: _Looks) -> Iterator[Any]:
    compiled = _compiled(path)
    if not hasattr(compiled, "segments") or isinstance(document, str):
        return (match.obj for match in compiled.finditer(document))
    root: Any = _counted()(filter_context={}, obj=document, parent=None, path="$", parts=(), root=document)
    root.looks = looks
    matches: Iterable[JSONPathMatch] = [root]
    for segment in compiled.segments:
        matches = segment.resolve(matches)
    return (match.obj for match in matches)


def _first(path: str, document: Any, looks: _Looks) -> Any:
    return next((value for value in islice(_all(path, document, looks), 1)), None)


def read(map_: Map, document: Any) -> list[Found]:
    """What the map finds, an alert each; where `each` finds nothing the whole body is one.

    Raises Usage when they are too many, and TooMuch when finding them would take too long.
    """
    looks = _Looks()
    elements, lost = _elements(map_, document, looks)
    if len(elements) > MOST_EVENTS:
        raise Usage(f"more than {MOST_EVENTS} alerts in one delivery", hint=f"Send at most {MOST_EVENTS}.")
    whole = _Whole(document, looks)
    return [_found(map_, element, whole, lost) for element in elements]


def _elements(map_: Map, document: Any, looks: _Looks) -> tuple[list[Any], tuple[str, ...]]:
    if map_.each is None:
        return (document if isinstance(document, list) else [document]), ()
    found = list(islice(_all(map_.each, document, looks), MOST_EVENTS + 1))
    if len(found) == 1 and isinstance(found[0], list):
        return found[0], ()
    return (found, ()) if found else ([document], ("each",))


class _Whole:
    """The whole body, in which each path is looked up but once."""

    def __init__(self, document: Any, looks: _Looks) -> None:
        self.document, self.looks = document, looks
        self._known: dict[str, Any] = {}

    def first(self, path: str) -> Any:
        if path not in self._known:
            self._known[path] = _first(path, self.document, self.looks)
        return self._known[path]


def _found(map_: Map, element: Any, whole: _Whole, lost: tuple[str, ...]) -> Found:
    def first(path: str) -> Any:
        value = _first(path, element, whole.looks) if element is not whole.document else None
        return whole.first(path) if value is None else value

    named = {name: path for name in _FIELDS if (path := getattr(map_, name))}
    fields = {name: first(path) for name, path in named.items()}
    if isinstance(map_.labels, str):
        fields["labels"] = first(map_.labels)
    elif map_.labels:
        fields["labels"] = {name: value for name, path in map_.labels.items() if (value := first(path)) is not None}
    missed = (*lost, *(name for name, value in fields.items() if value is None or value == {}))
    return Found(element, fields, missed)


def is_over(map_: Map, status: Any) -> bool:
    """Whether a value of `status` means that the alert is over."""
    return line(status, 100).casefold() in {word.casefold() for word in map_.resolved}
