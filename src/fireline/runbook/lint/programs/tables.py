"""The shipped tables: the subcommands and options of common programs, made from their real help by scripts/command_trees.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fireline.runbook.lint.programs.branch import Branch

_FOLDER = files("fireline.runbook.lint.programs") / "trees"


@dataclass(frozen=True)
class Table:
    """What is known of one version of a program."""

    program: str
    version: str
    label: str  # as it is said: "eas-cli 24.8.0"
    brings: str | None  # how it is installed
    colon: bool  # `eas build:list` is `eas build list`
    abbreviates: bool
    learn: bool  # whether its own --help can be read
    older: tuple[str, ...]  # names of tables of versions before
    plugin: str  # how the program of a plugin begins: "kubectl-"; empty for none
    plugins: frozenset[str]  # those that are common
    root: Branch

    def ending(self, name: str) -> tuple[tuple[str, ...], ...]:
        """Every path of it that ends with this name."""
        return tuple(path for path in _paths(self.root) if path[-1] == name)


def child(branch: Branch, name: str) -> Branch | None:
    """One of its subcommands; an alias leads to what it stands for."""
    told = branch.children.get(name)
    if isinstance(told, str):
        told = branch.children.get(told)
    return None if told is None else _branch(told)


def _branch(told: dict[str, Any] | int) -> Branch:
    """o: the options, those with a value end in `=`; c: subcommands; a, p, x: as the words of Branch; 0: it is there."""
    if isinstance(told, int):
        return Branch(complete=False)
    written: str | None = told.get("o")
    names = written.split() if written is not None else []
    return Branch(
        options=frozenset(one.rstrip("=") for one in names) if written is not None else None,
        with_value=frozenset(one.rstrip("=") for one in names if one.endswith("=")),
        children=told.get("c", {}),
        arguments=bool(told.get("a", "c" not in told)),
        passes=bool(told.get("p")),
        complete=not told.get("x"),
    )


def _paths(branch: Branch) -> Iterator[tuple[str, ...]]:
    for name, told in branch.children.items():
        if isinstance(told, str):
            continue
        yield (name,)
        yield from ((name, *rest) for rest in _paths(_branch(told)))


@cache
def programs() -> frozenset[str]:
    """The programs that have a table."""
    return frozenset(one.name[:-5] for one in _FOLDER.iterdir() if one.name.endswith(".json") and one.name[0] != "_")


@cache
def load(name: str) -> Table | None:
    """The table of a program (or `_program@major` for an older one); None when there is none."""
    file = _FOLDER / f"{name}.json"
    if "/" in name or "\0" in name or not file.is_file():
        return None
    told = json.loads(file.read_text(encoding="utf-8"))
    return Table(
        program=told["program"],
        version=told["version"],
        label=told["label"],
        brings=told.get("brings"),
        colon=bool(told.get("colon")),
        abbreviates=bool(told.get("abbreviates")),
        learn=bool(told.get("learn")),
        older=tuple(told.get("older", ())),
        plugin=told.get("plugin", ""),
        plugins=frozenset(told.get("plugins", "").split()),
        root=_branch(told["tree"]),
    )


@cache
def packages() -> dict[str, str]:
    """How programs without a table are installed, by their name."""
    lines = (_FOLDER / "packages.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if line and not line.startswith("#"))
