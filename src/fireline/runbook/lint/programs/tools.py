"""The programs that a runbook's steps call: whether they are here, and which subcommands and options they have."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from fireline.runbook.lint.programs import learning, tables
from fireline.runbook.lint.programs.branch import Way, walk
from fireline.runbook.lint.programs.learned import Learned
from fireline.runbook.lint.programs.learning import Told
from fireline.runbook.lint.programs.shut_in import Patience
from fireline.runbook.lint.programs.tables import Table, child
from fireline.runbook.lint.world import Known, Tools

_TOGETHER = max(2, min(4, os.cpu_count() or 1))  # programs that are asked at once
_SLIP = 0.88  # how alike two names are of which one is a slip of the pen


def here(*, learn: bool = True, path: str | None = None, files: Iterable[Path] = ()) -> Tools:
    """The programs of this machine, and the shipped tables for those that are not here.

    learn: ask the installed ones for their help; path: folders as in PATH; files: the runbooks that are read, in
    whose repositories no program is asked anything.
    """
    folders = tuple(Path(one) for one in (os.environ.get("PATH", "") if path is None else path).split(os.pathsep))
    away = frozenset(_repository(one) for one in (*files, Path.cwd() / "here"))
    return _Machine(tuple(one for one in folders if one.is_absolute()), learn, away)


def shipped(programs: Iterable[str] | None = None) -> Tools:
    """The shipped tables alone. programs: what is taken to be on PATH; without them, every program that is known."""
    return _Shipped(None if programs is None else frozenset(programs))


def _repository(file: Path) -> Path:
    """The repository that a file stands in, else its folder."""
    folder = file.resolve().parent
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


@dataclass(frozen=True)
class _Shipped:
    """What the shipped tables say, whatever is installed."""

    names: frozenset[str] | None = None

    def where(self, program: str) -> Path | None:
        there = program in (self.names if self.names is not None else tables.programs() | set(tables.packages()))
        return Path("/usr/bin") / program if there else None

    def known(self, program: str, words: tuple[str, ...]) -> Known | None:
        table = tables.load(program)
        return None if table is None else _plugged(self, _with_older(table, words))

    def brings(self, program: str) -> str | None:
        table = tables.load(program)
        return table.brings if table else tables.packages().get(program)

    def learn(self, calls: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """A table is read, and nobody asked."""


@dataclass(frozen=True)
class _Machine:
    """What the programs of this machine say."""

    folders: tuple[Path, ...]
    learns: bool
    away: frozenset[Path]
    asked: dict[str, Told | None] = field(default_factory=dict, compare=False)
    patience: Patience = field(default_factory=Patience, compare=False)

    def where(self, program: str) -> Path | None:
        if "/" in program or not program:
            return None
        files = (folder / program for folder in self.folders)
        return next((file for file in files if file.is_file() and os.access(file, os.X_OK)), None)

    def known(self, program: str, words: tuple[str, ...]) -> Known | None:
        table = tables.load(program)
        about = self._about(program, table)
        if table is None:
            return None if about is None else _by_its_options(about)
        if about is None:
            return _plugged(self, _with_older(table, words))
        same = _of_version(table, learning.version(about))
        return _plugged(self, _by_table(same, words) if same else _by_its_help(about, table, words))

    def brings(self, program: str) -> str | None:
        return _Shipped().brings(program)

    def learn(self, calls: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Ask the programs what these calls need, side by side: each for itself first, then for its subcommands."""
        wanted = list(dict.fromkeys(calls)) if self.learns else []
        with ThreadPoolExecutor(_TOGETHER) as pool:
            list(pool.map(lambda program: self.known(program, ()), dict.fromkeys(program for program, _ in wanted)))
            list(pool.map(lambda call: self.known(*call), wanted))

    def _about(self, program: str, table: Table | None) -> Told | None:
        """What an installed program says; None when it is not here or must not be asked."""
        if program not in self.asked:
            file = self.where(program) if self.learns and (table is None or table.learn) else None
            may = file is not None and learning.may_ask(file, tabled=table is not None, outside=self.away)
            self.asked[program] = learning.told(file, self.patience) if may and file is not None else None
        return self.asked[program]


def _plugged(tools: _Shipped | _Machine, known: Known) -> Known:
    """The same, where a plugin of this name is on PATH: nobody knows what it takes."""
    there = known.plugin is not None and tools.where(known.plugin) is not None
    return replace(known, exists=None, plugin=None) if there else known


def _of_version(table: Table, version: str | None) -> Table | None:
    """The table that was made of this very version."""
    every = (table, *(one for one in map(tables.load, table.older) if one is not None))
    return next((one for one in every if one.version == version), None)


def _with_older(table: Table, words: tuple[str, ...]) -> Known:
    """What the newest table says where nobody knows which version will run it, with where older ones differ."""
    known = _by_table(table, words)
    older = [_by_table(one, words) for one in map(tables.load, table.older) if one is not None]
    options = known.options
    for one in older:
        options = None if options is None or one.options is None else options | one.options
    differs = tuple(one.label for one in older if {one.exists, known.exists} == {True, False})
    return replace(known, options=options, differs=differs)


def _by_table(table: Table, words: tuple[str, ...]) -> Known:
    parts, joined = _split(table, words)
    way = walk(table.root, parts, lambda _, branch, word: child(branch, word), joined)
    return _known(table, way, table.version, table.label)


def _by_its_help(about: Told, table: Table, words: tuple[str, ...]) -> Known:
    version = learning.version(about)
    label = f"the installed {table.program}{' ' + version if version else ''}"
    learned = Learned(about, table.root)
    root = learned.root()
    if root is None:
        return Known(table.program, version, "installed", (), exists=None, label=label)
    parts, joined = _split(table, words)
    way = walk(root, parts, learned.below, joined)
    return replace(_known(table, way, version, label), source="installed")


def _by_its_options(about: Told) -> Known | None:
    """What a program without a table says: its options only, as nobody knows what its words mean."""
    told = learning.help_of(about, ())
    if told is None or told.options is None:
        return None
    whole = "--help" in told.options and not told.partial and not told.subcommands
    name = about.file.name
    return Known(
        name, None, "installed", (), exists=True, options=told.options if whole else None,
        flags_with_value=told.with_value, passes=told.passes, abbreviates=True, label=f"the installed {name}",
    )  # fmt: skip


def _known(table: Table, way: Way, version: str | None, label: str) -> Known:
    """Way and table put together; a word that may be a plugin's is none of its own when nobody knows such a plugin."""
    plugin = None
    if way.exists is None and way.missing and not way.path and way.missing not in table.plugins:
        slip = bool(get_close_matches(way.missing, way.branch.children, n=1, cutoff=_SLIP))
        plugin = table.plugin + way.missing if table.plugin else None
        way = replace(way, exists=False if plugin or slip else None)
    return Known(
        program=table.program,
        version=version,
        source="shipped",
        path=way.path,
        exists=way.exists,
        options=way.options,
        flags_with_value=way.with_value,
        subcommands=tuple(way.branch.children),
        passes=way.branch.passes,
        abbreviates=table.abbreviates,
        plugin=plugin,
        elsewhere=table.ending(way.missing) if way.missing and way.exists is False else (),
        label=label,
    )


def _split(table: Table, words: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[int]]:
    """The words; where a program takes `build:list` for `build list`, its parts, and which of them stood behind a colon."""
    if not table.colon:
        return words, frozenset()
    apart = [word.split(":") if all(word.split(":")) else [word] for word in words]
    parts = [(part, bool(at)) for word in apart for at, part in enumerate(word)]
    return tuple(part for part, _ in parts), frozenset(at for at, (_, behind) in enumerate(parts) if behind)
