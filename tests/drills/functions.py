"""The SQL functions on a server that is ill: the same score as the commands', or a part that they say they do not judge."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg.rows import dict_row

from fireline.assess.diagnose import Diagnosis
from fireline.assess.functions import install
from fireline.assess.score import DIMENSIONS, Side
from fireline.errors import ClusterError
from tests.drills import healthy
from tests.drills.drill import Fault, Result, Wound, ask
from tests.drills.place import Place, place

ALIKE = 3  # points that a share may move between two looks, as ages grow


def run(fault: Fault, major: int, seed: int | str) -> Result:
    """Make the fault where the functions are, ask the command without a complaint and then the function; what differs wrongly is `found`."""
    with place(major, f"{fault.label}-{seed}", fault.settings) as at:
        install(at.target())
        wound = fault.inject(at)
        result = Result(fault.label, major, str(seed), "", "superuser", [], 0)
        seen = _asked(at, wound)
        if seen is None or seen.server_version is None:
            result.said = "nothing to compare: nobody gets in there to call anything"
            return result
        began = time.monotonic()
        try:
            told, judged = _told(at)
        except (
            psycopg.OperationalError,
            psycopg.errors.UndefinedFunction,
            psycopg.errors.InvalidSchemaName,
        ) as refused:
            result.said = f"nothing to compare: {str(refused).splitlines()[0]}"
            return result
        result.ms = round((time.monotonic() - began) * 1000)
        result.found = differences(seen, told, judged)
        result.said = beside(seen, told)
    return result


def well(name: str, major: int, seed: int | str) -> Result:
    """Call the function on a healthy server; `found` holds what it names, and points that the command does not take.

    The command may take some by degrees, such as for dead rows while somebody vacuums; `said` tells of these.
    """
    with place(major, f"{name}-{seed}") as at:
        install(at.target())
        healthy.SERVERS[name](at)
        began = time.monotonic()
        told, judged = _told(at)
        ms = round((time.monotonic() - began) * 1000)
        lost = [f"{one['points']} {one['dimension']} {one['cause']}: {one['because']}" for one in told["deductions"]]
        result = Result(f"healthy: {name}", major, str(seed), "; ".join(lost), "superuser", [], ms)
        if lost and (seen := _asked(at, Wound())) is not None:
            named = [one["cause"] for one in told["deductions"] if one["cause"]]
            result.found = [*named, *differences(seen, told, judged)]
        if told["overall_status"] != "healthy":
            result.found.append(f"status {told['overall_status']}, coverage {told['coverage']}")
        return result


def _asked(at: Place, wound: Wound) -> Diagnosis | None:
    """What the command says; None when there is no server."""
    try:
        return ask(at.target(), "", wound)
    except ClusterError:
        return None


def _told(at: Place) -> tuple[dict[str, Any], set[str]]:
    """What the function says, and the causes that it judges."""
    with psycopg.connect(at.dsn(), autocommit=True, row_factory=dict_row) as conn:
        told = conn.execute("SELECT * FROM fireline.calculate_database_health_score()").fetchone()
        known = conn.execute("SELECT label FROM fireline.known() WHERE kind = 'cause'").fetchall()
    assert told is not None
    return told, {row["label"] for row in known}


def beside(seen: Diagnosis, told: dict[str, Any]) -> str:
    """The sides on which both say something else, with what the command names there."""
    sides = [(name, seen.score.dimensions[name]) for name in DIMENSIONS]
    return "; ".join(
        f"{name} {told[f'{name}_score']} beside {side.score} ({', '.join(sorted({one.cause or one.because for one in side.deductions}))})"
        for name, side in sides
        if told[f"{name}_score"] != (100 if side.score is None else side.score)
    )


def differences(seen: Diagnosis, told: dict[str, Any], judged: set[str]) -> list[str]:
    """Sides on which the function says less than the command, or more though it judges all that was named there."""
    found = []
    for name in DIMENSIONS:
        side: Side = seen.score.dimensions[name]
        command = 100 if side.score is None else side.score
        function = told[f"{name}_score"]
        lost = {one.cause for one in side.deductions if one.cause}
        if function < command - ALIKE or (function > command + ALIKE and lost <= judged):
            found.append(f"{name}: {function} by the function, {command} by the command ({', '.join(sorted(lost))})")
    if told["coverage"] > seen.coverage:
        found.append(f"coverage: {told['coverage']} by the function, {seen.coverage} by the command")
    return found
