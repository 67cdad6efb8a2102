from __future__ import annotations

import subprocess

from fireline.runbook.lint.shell.builtins import BUILTINS


def test_every_builtin_of_this_machines_bash_is_one() -> None:
    done = subprocess.run(["bash", "-c", "compgen -bk"], capture_output=True, text=True, check=True)
    assert (
        set(done.stdout.split()) - {"{", "}", "!", "]]", "do", "done", "fi", "elif", "else", "esac", "in"} <= BUILTINS
    )
