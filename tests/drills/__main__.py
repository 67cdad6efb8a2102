"""Run drills and print what they showed: `python -m tests.drills [LABEL…] [--seeds 1] [--versions 15,17,18] [--json FILE]`.

--kinds: plain (with a complaint), silent (without), limited (as a member of pg_monitor), healthy (servers that are well,
silent and with a vague complaint), functions (the score of the SQL functions beside the command's,
and on servers that are well). --pairs N: so many pairs of faults at once.
--acute N: so many acute faults, each on a server with a chronic one. --write: the table in docs/diagnosis.md, also of what earlier
runs kept by --json: --read FILE FILE.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from tests.drills import acute, functions, healthy, pairs
from tests.drills.drill import Result, faults, run
from tests.drills.place import forget, versions
from tests.drills.table import write

USUAL = (15, 17, 18)
TWO = {"pair": pairs.run, "acute": acute.run}


class Job(NamedTuple):
    """One drill. kind: plain, silent, limited, healthy, vague, functions, pair or acute; of two faults the label is `first + second`."""

    kind: str
    label: str
    major: int
    seed: str


def main() -> int:
    """1 when a drill did not show what it should, else 0."""
    parser = argparse.ArgumentParser(prog="drills", description=__doc__)
    parser.add_argument("labels", nargs="*")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--versions", default="")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--kinds", default="plain,silent,limited")
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--acute", type=int, default=0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--read", type=Path, nargs="*", default=())
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    print(f"first seed {given.first}", file=sys.stderr)
    done = []
    for job, result in _done(list(_jobs(given)), given.jobs):
        if result is None:
            continue
        done.append((job, result))
        print(_line(job, result))
        sys.stdout.flush()
    if given.json:
        told = [{"kind": job.kind, **asdict(result), "well": well(job, result)} for job, result in done]
        given.json.write_text(json.dumps(told, indent=1))
    right = sum(well(job, result) for job, result in done)
    print(f"{right} of {len(done)} as they should be")
    if given.write:
        earlier = [one for file in given.read for one in _kept(file)]
        write([*earlier, *((job.kind, result, well(job, result)) for job, result in done)], given.first)
    return 0 if right == len(done) else 1


def _kept(file: Path) -> Iterator[tuple[str, Result, bool]]:
    for one in json.loads(file.read_text(encoding="utf-8")):
        yield one.pop("kind"), Result(**{key: value for key, value in one.items() if key != "well"}), one["well"]


def well(job: Job, result: Result) -> bool:
    """Whether a drill showed what it should."""
    if result.error:
        return False
    if job.kind in ("healthy", "vague", "functions"):
        return not result.found
    if job.kind in TWO:
        return result.healed
    return result.rank == 1 and result.healed


def _line(job: Job, result: Result) -> str:
    fine = well(job, result)
    line = f"{'ok  ' if fine else 'FAIL'} {job.kind:7} {job.label} on {job.major} seed {job.seed} {result.ms} ms"
    if fine:
        return f"{line}  {result.said}" if job.kind == "functions" and result.said else line
    return f"{line}  rank {result.rank} found {result.found} probe {result.probe} healed {result.healed} said {result.said!r}\n{result.error}"


def _jobs(given: argparse.Namespace) -> Iterator[Job]:
    wanted = [int(one) for one in given.versions.split(",") if one] or [one for one in USUAL if one in versions()]
    kinds = given.kinds.split(",")
    seeds = [str(given.first + number) for number in range(given.seeds)]
    for label, fault in faults().items():
        if given.labels and label not in given.labels:
            continue
        for major in (one for one in wanted if fault.fits(one)):
            for seed in seeds:
                for kind in kinds:
                    if kind in ("plain", "functions") or (
                        fault.silent if kind == "silent" else kind == "limited" and fault.limited
                    ):
                        yield Job(kind, label, major, seed)
    on_healthy = [
        *(["healthy", "vague"] if "healthy" in kinds else []),
        *(["functions"] if "functions" in kinds else []),
    ]
    for name in given.labels or healthy.SERVERS:
        for major in wanted if name in healthy.SERVERS else ():
            yield from (Job(kind, name, major, seed) for seed in seeds for kind in on_healthy)
    for first, second, major in pairs.pairs(given.pairs, given.first, wanted):
        yield Job("pair", f"{first} + {second}", major, str(given.first))
    for first, second, major in acute.beside(given.acute, given.first, wanted):
        yield Job("acute", f"{first} + {second}", major, str(given.first))


def _done(jobs: list[Job], workers: int) -> Iterator[tuple[Job, Result | None]]:
    if workers == 1:
        for job in jobs:
            yield job, one(job)
        forget()
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from zip(jobs, pool.map(one, jobs), strict=True)


def one(job: Job) -> Result | None:
    """Carry out a drill; one that breaks is a result, too. None: it can not be made."""
    try:
        if job.kind in ("healthy", "vague"):
            return healthy.run(job.label, job.major, job.seed, vague=job.kind == "vague")
        if job.kind in TWO:
            first, second = job.label.split(" + ")
            return TWO[job.kind](faults()[first], faults()[second], job.major, job.seed)
        if job.kind == "functions":
            if job.label in healthy.SERVERS:
                return functions.well(job.label, job.major, job.seed)
            return functions.run(faults()[job.label], job.major, job.seed)
        kinds = {"limited": job.kind == "limited", "silent": job.kind == "silent"}
        return run(faults()[job.label], job.major, job.seed, **kinds)
    except Exception:  # noqa: BLE001 - whatever it is
        role = "pg_monitor" if job.kind == "limited" else "superuser"
        return Result(job.label, job.major, job.seed, "", role, [], 0, error=traceback.format_exc())


if __name__ == "__main__":
    raise SystemExit(main())
