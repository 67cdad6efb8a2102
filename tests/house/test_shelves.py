"""A thing on a shelf is one file: it defines its one thing, and nobody knows it by name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fireline import shelf

SRC = Path(__file__).parents[2] / "src"
SHELVES = {
    "fireline.detect.sources": "source",
    "fireline.detect.probes": "probe",
    "fireline.assess.checks": "check",
    "fireline.assess.follow_ups": "check",
    "fireline.assess.causes": "cause",
    "fireline.assess.surroundings": "surrounding",
    "fireline.assess.views": "view",
    "fireline.contain.remedies": "remedy",
    "fireline.resolve.remedies": "remedy",
    "fireline.communicate.channels": "channel",
    "fireline.runbook.rules": "rule",
}
FILES = [
    (package, thing, file)
    for package, thing in SHELVES.items()
    for file in sorted((SRC / package.replace(".", "/")).glob("*.py"))
    if file.name != "__init__.py"
]


@pytest.mark.parametrize(("package", "thing", "file"), FILES, ids=lambda value: getattr(value, "stem", None))
def test_each_file_defines_its_one_thing_and_is_found_under_its_name(package: str, thing: str, file: Path) -> None:
    top = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    names = [ast.unparse(target) for node in top for target in getattr(node, "targets", None) or [node.target]]  # type: ignore[union-attr]
    assert names.count(thing) == 1
    assert file.stem.replace("_", "-") in shelf.read(package, thing)


@pytest.mark.parametrize("package", SHELVES)
def test_all_things_on_a_shelf_are_of_one_kind(package: str) -> None:
    assert len({type(thing) for thing in shelf.read(package, SHELVES[package]).values()}) <= 1


def test_nobody_imports_a_thing_on_a_shelf_by_name() -> None:
    """Neither from elsewhere nor from the next file on the shelf: adding one needs no list to be edited.

    What a file defines beside its one thing, such as the shape of a check's reading, may be known.
    """
    faults = []
    for file in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                named = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                named = [node.value]
            else:
                continue
            faults += [f"{file}: {name}" for name in named if _is_the_thing(name)]
    assert faults == []


def _is_the_thing(name: str) -> bool:
    """Whether a dotted name is a file on a shelf, or the one thing in it."""
    for package, thing in SHELVES.items():
        rest = name.removeprefix(f"{package}.").split(".") if name.startswith(f"{package}.") else []
        if len(rest) == 1 or rest[1:] == [thing]:
            return True
    return False
