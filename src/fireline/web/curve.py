"""The curve of a score over time as SVG: reads without JavaScript, says in words what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from fireline import clock
from fireline.web.figures import moment, span

WIDTH, HEIGHT, LEFT, BELOW = 720, 150, 30, 18
LINES = (0, 50, 90, 100)
_GAP = 3.5  # intervals without a look, and the line is broken: nobody knows what was there


def curve(points: Sequence[dict[str, Any]], hours: int, every_seconds: float, what: str = "Score") -> Markup:
    """A curve of `{"at", "score", "unknown"}`, oldest first, over the last hours; empty without a score."""
    known = [(when, one["score"]) for one in points if (when := moment(one["at"])) and one["score"] is not None]
    if not known:
        return Markup("")
    until = clock.now()
    start = until - timedelta(hours=hours)
    reach = max(timedelta(seconds=every_seconds or 300), timedelta(hours=hours) / 200) * _GAP
    lines = "".join(_level(level) for level in LINES)
    pieces = "".join(_piece(piece, start, until) for piece in _pieces(known, reach))
    ticks = "".join(_tick(start, until, part) for part in (0, 0.25, 0.5, 0.75, 1))
    scores = [score for _, score in known]
    words = f"{what} over the last {span(hours * 3600)}: now {scores[-1]}, lowest {min(scores)}, highest {max(scores)}"
    return Markup(  # noqa: S704 - figures alone, put together above
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT + BELOW}" role="img" aria-label="{words}">{lines}{pieces}{ticks}</svg>'
    )


def _pieces(known: list[tuple[datetime, int]], reach: timedelta) -> list[list[tuple[datetime, int]]]:
    pieces = [[known[0]]]
    for before, point in pairwise(known):
        if point[0] - before[0] > reach:
            pieces.append([])
        pieces[-1].append(point)
    return pieces


def _piece(piece: list[tuple[datetime, int]], start: datetime, until: datetime) -> str:
    places = [(_x(when, start, until), _y(score)) for when, score in piece]
    if len(places) == 1:
        return f'<circle cx="{places[0][0]:.1f}" cy="{places[0][1]:.1f}" r="2.5"/>'
    return f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>'


def _x(when: datetime, start: datetime, until: datetime) -> float:
    return LEFT + (WIDTH - LEFT - 4) * ((when - start) / (until - start))


def _y(score: float) -> float:
    return 6 + (HEIGHT - 12) * (1 - score / 100)


def _level(level: int) -> str:
    y = _y(level)
    return f'<line x1="{LEFT}" x2="{WIDTH - 4}" y1="{y:.1f}" y2="{y:.1f}"/><text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{level}</text>'


def _tick(start: datetime, until: datetime, part: float) -> str:
    x = LEFT + (WIDTH - LEFT - 4) * part
    anchor = "start" if part == 0 else "end" if part == 1 else "middle"
    ago = span((until - start).total_seconds() * (1 - part))
    words = "now" if part == 1 else f"{ago} ago"
    return f'<text x="{x:.1f}" y="{HEIGHT + BELOW - 4}" text-anchor="{anchor}">{words}</text>'
