"""Searches texts by a regular expression that somebody typed: in a process of its own, where one that explodes is stopped."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence

from fireline.errors import Usage

SECONDS = 2.0
_LONGEST = 500  # of a pattern
_CHILD = """
import json, re, sys
asked = json.load(sys.stdin)
search = re.compile(asked["pattern"], re.IGNORECASE).search
json.dump([number for number, text in enumerate(asked["texts"]) if search(text)], sys.stdout)
"""


def checked(pattern: str) -> str:
    """The pattern, if it is one. Raises Usage."""
    if len(pattern) > _LONGEST:
        raise Usage(f"the search has more than {_LONGEST} characters")
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as wrong:
        raise Usage(
            f"the search is no regular expression: {wrong}", hint="Put a \\ before signs that mean themselves."
        ) from None
    return pattern


def matching(pattern: str, texts: Sequence[str]) -> list[int]:
    """Which of the texts have it, whatever the case. Raises Usage; OSError when it takes too long."""
    asked = json.dumps({"pattern": checked(pattern), "texts": list(texts)})
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _CHILD],
            input=asked,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise OSError(f"the search for {pattern!r} takes longer than {SECONDS:g} s; make it simpler") from None
    except subprocess.CalledProcessError as broken:
        raise OSError(f"the search for {pattern!r} failed: {broken.returncode}") from None
    found: list[int] = json.loads(done.stdout)
    return found
