"""Run drills and print what they showed: `python -m tests.drills [LABEL…] [--seeds 1] [--versions 15,18] [--json FILE]`."""

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

from tests.drills.drill import Result, faults, run
from tests.drills.place import forget, versions

Job = tuple[str, int, str, bool, bool]


def main() -> int:
    """How many drills did not name the root first, or did not heal: 0 or 1."""
    parser = argparse.ArgumentParser(prog="drills")
    parser.add_argument("labels", nargs="*")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--versions", default="")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--kinds", default="plain,silent,limited")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    print(f"first seed {given.first}", file=sys.stderr)
    results = []
    for job, result in _done(list(_jobs(given)), given.jobs):
        results.append(result)
        good = result.rank == 1 and result.healed and not result.error
        print(f"{'ok  ' if good else 'FAIL'} {job[0]} on {job[1]} seed {job[2]} as {result.role} {'' if result.said else 'silent '}"
              f"{result.ms} ms" + ("" if good else f"  rank {result.rank} found {result.found} probe {result.probe} healed {result.healed} said {result.said!r}\n{result.error}"))  # fmt: skip
        sys.stdout.flush()
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in results], indent=1))
    first = sum(one.rank == 1 for one in results)
    print(f"{first} of {len(results)} named first, {sum(one.healed for one in results)} healed")
    return 0 if first == len(results) == sum(one.healed for one in results) else 1


def _jobs(given: argparse.Namespace) -> Iterator[Job]:
    wanted = [int(one) for one in given.versions.split(",") if one] or sorted(versions())
    kinds = given.kinds.split(",")
    for label, fault in faults().items():
        if given.labels and label not in given.labels:
            continue
        for major in (one for one in wanted if one >= fault.least):
            for number in range(given.seeds):
                seed = str(given.first + number)
                if "plain" in kinds:
                    yield label, major, seed, False, False
                if fault.silent and "silent" in kinds:
                    yield label, major, seed, False, True
                if fault.limited and "limited" in kinds:
                    yield label, major, seed, True, False


def _done(jobs: list[Job], workers: int) -> Iterator[tuple[Job, Result]]:
    if workers == 1:
        for job in jobs:
            yield job, _one(job)
        forget()
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from zip(jobs, pool.map(_one, jobs), strict=True)


def _one(job: Job) -> Result:
    label, major, seed, limited, silent = job
    try:
        return run(faults()[label], major, seed, limited=limited, silent=silent)
    except Exception:  # noqa: BLE001 - one drill that breaks is one result
        said = traceback.format_exc()
        return Result(label, major, seed, "", "pg_monitor" if limited else "superuser", [], 0, error=said)


if __name__ == "__main__":
    raise SystemExit(main())
