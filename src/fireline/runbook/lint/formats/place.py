"""How a file of a lint is called where others look it up: as seen from a folder, with forward slashes."""

from __future__ import annotations

from pathlib import Path


def relative(file: str, root: Path) -> str:
    """The path below `root`; the whole path of a file that is elsewhere."""
    whole = Path(file) if Path(file).is_absolute() else root / file
    try:
        return whole.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return whole.resolve().as_posix()
