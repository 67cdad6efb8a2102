"""An incident in a few lines, for a small terminal and a tired person: what, how bad, why, and with what proof."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from fireline.cli.incident_view import draw_clocks, draw_head
from fireline.cli.terminal import console
from fireline.cli.times import at

_LINES = 3  # of proof; `s` shows all


def draw_brief(view: dict[str, Any]) -> None:
    """Head, clocks, cause with its first proof, the match; at most about a dozen lines."""
    draw_head(view)
    draw_clocks(view)
    verdict = view["verdict"]
    if verdict is None:
        _line("Cause   ", "not known (yet)")
    else:
        _line("Cause   ", verdict["title"])
        _line(
            "        ",
            f"{verdict['cause']}, confidence {verdict['confidence']:.2f}, {verdict['probe_state']} at {at(verdict['taken_at'])}",
        )
        tree = [f"{'  ' * node['depth']}pid {node['pid']}  {node['text']}" for node in verdict.get("tree") or []]
        facts = [fact["fact"] for fact in verdict.get("evidence") or []]
        for proof in (tree or facts)[:_LINES]:
            _line("        ", proof)
    for run in view["runs"]:
        done = sum(step["state"] in ("succeeded", "skipped") for step in run["steps"])
        _line("Run     ", f"{run['run']} {run['title']}: {run['state']}, {done} of {len(run['steps'])} steps done")


def _line(label: str, words: str) -> None:
    """A label and words cut to the terminal's width, so that a screen stays a screen."""
    line = Text(label, style="bold") + Text(words)
    line.truncate(max(console().width, 40), overflow="ellipsis")
    console().print(line)
