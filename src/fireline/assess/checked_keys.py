"""Which foreign keys an interrupted check has been through: a file of our own, written after each, so that the next goes on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fireline.assess.checks.foreign_keys import ForeignKey
from fireline.errors import Usage

_FORM = 1


class Checked:
    """What is known already. A key is known again by its number and its words, and only on the same database."""

    def __init__(self, path: Path | None, database: str) -> None:
        self._path, self._database = path, database
        self._known: dict[str, dict[str, Any]] = _read(path, database) if path is not None and path.exists() else {}

    def get(self, key: ForeignKey) -> dict[str, Any] | None:
        """What was found before; None when this key was not checked, or is another one now."""
        return self._known.get(_words(key))

    def add(self, key: ForeignKey, told: dict[str, Any]) -> None:
        """Keep what was found, on disk before the next key is begun."""
        self._known[_words(key)] = told
        if self._path is None:
            return
        text = json.dumps({"form": _FORM, "database": self._database, "keys": self._known}, indent=1)
        beside = self._path.with_name(f"{self._path.name}.new")
        beside.touch(mode=0o600)  # it holds keys of the team's rows
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)


def _words(key: ForeignKey) -> str:
    referred = f"{key.parent} ({', '.join(key.parent_columns)})"
    return f"{key.oid} {key.name} on {key.child} ({', '.join(key.columns)}) to {referred}"


def _read(path: Path, database: str) -> dict[str, dict[str, Any]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        form, named, keys = data["form"], data["database"], data["keys"]
    except (ValueError, KeyError, TypeError):
        raise Usage(f"{path} is no file of an interrupted check", hint="Name a file that is not there yet.") from None
    if form != _FORM or named != database:
        raise Usage(f"{path} is about another database", hint="Name a file that is not there yet.")
    return dict(keys)
