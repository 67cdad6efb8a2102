"""A folder is held as long as its process lives, and by nobody afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fireline.recovery.held import dead, held

HOLDS = """
import sys, time
from pathlib import Path
from fireline.recovery.held import held
with held(Path(sys.argv[1]), ".own-") as folder:
    print(folder, flush=True)
    time.sleep(600)
"""


def test_what_a_living_process_holds_is_not_dead_and_what_a_killed_one_held_is(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert list(dead(tmp_path, ".own-")) == []
        process.kill()
        process.wait()
    assert list(dead(tmp_path, ".own-")) == [folder]
    assert list(dead(tmp_path, ".other-")) == []


def test_our_own_is_not_dead_either_and_is_private(tmp_path: Path) -> None:
    with held(tmp_path / "new") as folder:
        assert list(dead(tmp_path / "new")) == []
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(dead(tmp_path / "new")) == [folder]
    assert list(dead(tmp_path / "nowhere")) == []
