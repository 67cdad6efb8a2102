"""A folder becomes a dict: file name -> the one thing in it. The only place that may import by name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any


@cache
def read(package: str, thing: str) -> dict[str, Any]:
    """All things on a shelf, by file name with `-` for `_`.

    `package` is the dotted name of the folder, `thing` the name that every file of it must define
    (`source`, `check`, `cause`, `remedy`, `channel`). A file without it is a fault of the shelf: AttributeError.
    """
    folder = import_module(package)
    return {
        module.name.replace("_", "-"): getattr(import_module(f"{package}.{module.name}"), thing)
        for module in sorted(iter_modules(folder.__path__), key=lambda found: found.name)
    }


@cache
def load(path: str) -> Any:
    """The object at `package.module:name`; for operations, so that a short command imports only what it needs."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
