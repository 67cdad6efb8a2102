"""The shapes that every table of the settings is made of: strict tables, secrets, durations, sizes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator

from fireline.redact import MASK, Secret


def _secret(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if isinstance(value, str):
        return Secret(value)
    raise ValueError("must be a text")


SecretText = Annotated[Secret, PlainValidator(_secret), PlainSerializer(lambda _: MASK)]

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(value: object) -> timedelta:
    """`90s`, `5m`, `1h30m`, `2d`, or a number of seconds; ValueError otherwise."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    if isinstance(value, str):
        parts = _DURATION.findall(value)
        if parts and "".join(f"{number}{unit}" for number, unit in parts) == value.replace(" ", ""):
            return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
    raise ValueError(f"{value!r} is not a duration such as 90s, 5m, 1h30m or 2d")


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB)?", re.IGNORECASE)
_POWERS = {"b": 0, "kb": 1, "mb": 2, "gb": 3, "tb": 4}


class Bytes(int):
    """A number of bytes."""


def size(value: object) -> Bytes:
    """`256MB`, `5GB`, or a number of bytes; ValueError otherwise."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Bytes(value)
    if isinstance(value, str) and (found := _SIZE.fullmatch(value.strip())):
        return Bytes(float(found[1]) * 1024 ** _POWERS[(found[2] or "B").lower()])
    raise ValueError(f"{value!r} is not a size such as 256MB or 5GB")


Size = Annotated[Bytes, PlainValidator(size)]
Duration = Annotated[timedelta, PlainValidator(duration), PlainSerializer(lambda v: f"{v.total_seconds():g}s")]


class Model(BaseModel):
    """Every table of the settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
