"""Names and words of strangers in what a lint prints: they command neither a terminal nor a CI."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = "# Re\x1b[31mstore\x1b]0;x\x07\n\n1. Look\n\n   ```bash\n   pg_dump shop | gzip > \x1b[2J::error::x.gz\n   ./no-such\x1b[31m.sh\n   ```\n2. [x](gone\x1b[31m%0A.md)\n"
NAMES = (b"a\n::error::b.md", b"x\x1b[31m.md", b"%0A::error file=x,y.md", b"bad\xff.md")


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_hostile_names_and_words_are_only_shown(tmp_path: Path, form: str) -> None:
    for name in NAMES:
        (tmp_path / os.fsdecode(name)).write_text(PAGE)
    done = subprocess.run(
        [sys.executable, "-m", "fireline", "lint", ".", "--format", form],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert b"\x1b" not in done.stdout
    assert not any(
        line.startswith(b"::error::") or line.startswith(b"::error file=x,y") for line in done.stdout.splitlines()
    )
    if form in ("json", "sarif"):
        json.loads(done.stdout)
