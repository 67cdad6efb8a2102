"""How long a lint takes: a long runbook by itself and against a database, beside reading and parsing the same file alone.

python -m bench.lint [--steps 1000] [--rounds 3] [--binaries FOLDER]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from fireline.cluster import Cluster
from fireline.cluster.binaries import wheel
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.runbook.lint import checking
from fireline.runbook.lint.database import patient
from fireline.runbook.lint.programs import tools
from fireline.runbook.lint.world import World
from fireline.runbook.parse import parse_text, text_of

TABLES = 40
# {n}: the number of the step, so that no two commands are the same; {t}: of a table. Three of four are SQL.
COMMANDS = (
    ("sql", "SELECT id, total FROM orders_{t} WHERE total > {n} ORDER BY total DESC LIMIT 10;"),
    ("sql", "SELECT state, count(*) AS sessions FROM pg_stat_activity WHERE pid <> {n} GROUP BY state;"),
    ("sql", "UPDATE orders_{t} SET note = 'seen' WHERE id = {n};"),
    ("bash", "kubectl -n shop-{n} get pods --field-selector status.phase=Running"),
    ("sql", "SELECT relname, n_dead_tup FROM pg_stat_user_tables WHERE n_dead_tup > {n};"),
    ("sql", "SELECT a.id FROM orders_{t} a JOIN orders_0 b USING (id) WHERE a.total < b.total + {n};"),
    ("bash", "set -o pipefail\npg_dump -Fc -t orders_{t} shop | age -r age1{n} > /backup/orders-{n}.age"),
    ("sql", "DELETE FROM orders_{t} WHERE id = {n};"),
)


def runbook(steps: int) -> str:
    """A runbook of so many steps in procedures of eight, each with a command of its own."""
    return "".join(_lines(steps))


def _lines(steps: int) -> Iterator[str]:
    yield "# Shop\n"
    for number in range(steps):
        if number % len(COMMANDS) == 0:
            yield f"\n## Orders wrong {number}\n\n**Symptoms:**\n- order {number} is wrong\n\n"
        language, command = COMMANDS[number % len(COMMANDS)]
        text = command.format(n=number, t=number % TABLES)
        inner = "\n".join(f"   {line}" for line in text.split("\n"))
        yield f"1. **Step {number}:**\n   ```{language}\n{inner}\n   ```\n   **Expect:** `rows >= 0`\n"


def seconds(act: Callable[[], Any]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def measure(steps: int, rounds: int, binaries: Path | None = None) -> dict[str, Any]:
    """Seconds of reading alone, of a lint by itself, and of one against a database; medians."""
    known = tools.shipped()
    with (
        tempfile.TemporaryDirectory(prefix="fireline-lint-") as folder,
        Cluster(Path(folder) / "pg", binaries or wheel(), fsync=False) as cluster,
    ):
        file = Path(folder) / "runbook.md"
        file.write_text(runbook(steps), encoding="utf-8")
        url = cluster.create_database("shop")
        with psycopg.connect(url, autocommit=True) as conn:
            for number in range(TABLES):
                conn.execute(f"CREATE TABLE orders_{number} (id int PRIMARY KEY, total numeric, note text)".encode())
        target = Target("shop", Secret(url))
        checking.check([file], World(tools=known))  # what is loaded once is loaded
        took: dict[str, list[float]] = {"read": [], "alone": [], "with_target": []}
        checked = 0
        for _ in range(rounds):
            took["read"].append(seconds(lambda: parse_text(text_of(file), str(file))))
            took["alone"].append(seconds(lambda: checking.check([file], World(tools=known))))
            began = time.perf_counter()
            with patient.open_(target) as live:
                checked = checking.check([file], World(target=live, tools=known)).coverage.checked
            took["with_target"].append(time.perf_counter() - began)
    median = {name: statistics.median(all_) for name, all_ in took.items()}
    return {
        "steps": steps,
        "checked": checked,
        **{f"{name}_s": round(value, 2) for name, value in median.items()},
        "alone_to_read": round(median["alone"] / median["read"], 1),
        "with_target_to_read": round(median["with_target"] / median["read"], 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--binaries", type=Path)
    told = parser.parse_args()
    print(json.dumps(measure(told.steps, told.rounds, told.binaries), indent=1))


if __name__ == "__main__":
    main()
