"""The curve of a number over time as SVG: reads without JavaScript, says in words what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from fireline import clock
from fireline.web.figures import moment, span

WIDTH, HEIGHT, LEFT, BELOW = 720, 150, 36, 18
LINES = (0, 50, 90, 100)
_GAP = 3.5  # intervals without a look, and the line is broken: nobody knows what was there


def curve(
    points: Sequence[dict[str, Any]],
    hours: int,
    every_seconds: float,
    what: str = "Score",
    *,
    levels: Sequence[int] = LINES,
    label: Callable[[int], str] = str,
) -> Markup:
    """A curve of `{"at", "score", "unknown"}`, oldest first, over the last hours; empty without a score.

    levels: where lines are, from 0 to the top, which no score may be above. label: how one is called beside its line.
    """
    known = [(when, one["score"]) for one in points if (when := moment(one["at"])) and one["score"] is not None]
    if not known:
        return Markup("")
    until = clock.now()
    start = until - timedelta(hours=hours)
    reach = max(timedelta(seconds=every_seconds or 300), timedelta(hours=hours) / 200) * _GAP
    lines = "".join(_level(level, levels[-1], label(level)) for level in levels)
    pieces = "".join(_piece(piece, start, until, levels[-1]) for piece in _pieces(known, reach))
    ticks = "".join(_tick(start, until, part) for part in (0, 0.25, 0.5, 0.75, 1))
    scores = [score for _, score in known]
    words = f"{what} over the last {span(hours * 3600)}: now {scores[-1]}, lowest {min(scores)}, highest {max(scores)}"
    return Markup(  # noqa: S704 - figures alone, put together above
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT + BELOW}" role="img" aria-label="{words}">{lines}{pieces}{ticks}</svg>'
    )


def levels_for(most: int) -> tuple[int, int, int]:
    """Nothing, the half and the whole of the next round number that is not below the most: 1, 2 or 5 with zeros."""
    top = 2
    while top < most:
        top = top * 5 // 2 if str(top)[0] == "2" else top * 2
    return 0, top // 2, top


def _pieces(known: list[tuple[datetime, int]], reach: timedelta) -> list[list[tuple[datetime, int]]]:
    pieces = [[known[0]]]
    for before, point in pairwise(known):
        if point[0] - before[0] > reach:
            pieces.append([])
        pieces[-1].append(point)
    return pieces


def _piece(piece: list[tuple[datetime, int]], start: datetime, until: datetime, top: int) -> str:
    places = [(_x(when, start, until), _y(score, top)) for when, score in piece]
    if len(places) == 1:
        return f'<circle cx="{places[0][0]:.1f}" cy="{places[0][1]:.1f}" r="2.5"/>'
    return f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>'


def _x(when: datetime, start: datetime, until: datetime) -> float:
    return LEFT + (WIDTH - LEFT - 4) * ((when - start) / (until - start))


def _y(score: float, top: int) -> float:
    return 10 + (HEIGHT - 16) * (1 - score / top)


def _level(level: int, top: int, called: str) -> str:
    y = _y(level, top)
    return f'<line x1="{LEFT}" x2="{WIDTH - 4}" y1="{y:.1f}" y2="{y:.1f}"/><text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{called}</text>'


def _tick(start: datetime, until: datetime, part: float) -> str:
    x = LEFT + (WIDTH - LEFT - 4) * part
    anchor = "start" if part == 0 else "end" if part == 1 else "middle"
    ago = span((until - start).total_seconds() * (1 - part))
    words = "now" if part == 1 else f"{ago} ago"
    return f'<text x="{x:.1f}" y="{HEIGHT + BELOW - 4}" text-anchor="{anchor}">{words}</text>'
