"""Chapter 8: by daylight the runbook is held against the database, mended where a machine can, and its improved copy is clean."""

from __future__ import annotations

from typing import Any

from fireline.demo.home import IMPROVED, RUNBOOK, TARGET
from fireline.demo.night import Night

_SHOWN = 3


def mend(night: Night) -> None:
    """Lint the runbook of the night, mend a copy, and lint the improved one that comes with the demo."""
    voice, report, home = night.voice, night.report, night.stage.home
    voice.chapter("The next morning: why did steps of the runbook fail?")
    with voice.waiting(f"fireline lint {RUNBOOK}"):
        before = home.run("lint", RUNBOOK, "--target", TARGET)
    errors = [one for one in before["findings"] if one["severity"] == "error"]
    report.lint["errors"] = len(errors)
    report.expect(errors, "lint found no error in a runbook whose steps failed")
    voice.fact("lint", f"{len(errors)} errors that daylight shows, such as:")
    voice.block([f"line {one['line']}: {one['message']}" for one in _telling(errors)], "dim")
    with voice.waiting("mending a copy"):
        home.run("postgres", "install", "--target", TARGET, "--public", "--yes")
        mended = home.run("lint", RUNBOOK, "--target", TARGET, "--fix-to", "mended")
    report.lint["mended"] = mended["mended"]
    voice.fact("mended", f"{mended['mended']} of them in a copy, mended/{RUNBOOK}; your own file is never written to")
    home.improve()
    with voice.waiting("fireline lint of the improved copy"):
        after = home.run("lint", IMPROVED, "--target", TARGET)
    left = [one for one in after["findings"] if one["severity"] != "info"]  # that a program is elsewhere is advice
    report.lint["left"] = [f"{one['rule']} in line {one['line']}" for one in left]
    if report.expect(not left, f"the improved runbook is not clean: {report.lint['left'][:_SHOWN]}"):
        steps = after["coverage"]["runnable"]
        voice.fact("improved", f"{IMPROVED}, with contacts and the linked documents: clean, {steps} steps run", "green")


def _telling(errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One of each rule, those about the database first."""
    first = {one["rule"]: one for one in reversed(errors)}
    return sorted(first.values(), key=lambda one: (not one["rule"].startswith(("undefined", "renamed")), one["line"]))[
        :_SHOWN
    ]
