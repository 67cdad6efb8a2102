"""Backup and restore beside the usual way, in one run: `pg_dump | gzip` and `gunzip -c | psql`, on a database of a gigabyte.

python -m bench.recover [--megabytes 1024] [--rounds 3] [--jobs 2] [--swaps 20] [--binaries FOLDER]... [--write]

Each folder of --binaries is one more PostgreSQL that is measured; --write puts the table into docs/recovery.md.

The usual way is timed as people run it, without any verification, since it has none. Ours is timed with everything: the
census, the signature, the checksums, the comparison of every row, the planner's statistics, and the swap.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from fireline.cluster import Cluster
from fireline.contain.remedies.fence import remedy as fence
from fireline.postgres import client_tools
from fireline.postgres.client_tools import ClientTools
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery import backups, dump, keys, loading, restoring, sources
from fireline.recovery.dump import Order
from fireline.recovery.loading import Way
from fireline.recovery.restoring import Place
from fireline.redact import Secret
from fireline.settings import Recovery, Settings
from fireline.store.connect import Store
from fireline.store.migrate import migrate
from tests.hand import hand
from tests.recovery import traffic
from tests.recovery.scene import scene

DOCS = Path(__file__).parents[1] / "docs" / "recovery.md"
BEGIN, END = "<!-- measured by bench/recover.py -->", "<!-- end of what was measured -->"
SETTINGS = {"shared_buffers": "1GB", "max_connections": "60", "checkpoint_timeout": "15min"}
MB = 1 << 20
# Bytes of a row with its indexes, as measured; how the megabytes are shared out.
_ACCOUNTS, _ORDERS, _EVENTS = (0.35, 225), (0.35, 330), (0.30, 420)

SCHEMA = (
    "CREATE TABLE accounts (id int PRIMARY KEY, branch int NOT NULL, balance numeric(12, 2) NOT NULL, name text NOT NULL, filler text)",
    "CREATE TABLE orders (id bigint PRIMARY KEY, account int NOT NULL, token uuid NOT NULL, placed timestamptz NOT NULL, total numeric(10, 2), note text)",
    "CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account int NOT NULL, kind text NOT NULL, payload jsonb NOT NULL, at timestamptz NOT NULL)",
)  # fmt: skip
INDEXES = (
    "CREATE INDEX ON orders (account)",
    "CREATE INDEX ON orders (placed)",
    "CREATE UNIQUE INDEX ON orders (token)",
    "CREATE INDEX ON events (account, at)",
    "CREATE INDEX ON events USING gin (payload jsonb_path_ops)",
    "ALTER TABLE orders ADD FOREIGN KEY (account) REFERENCES accounts",
    "ALTER TABLE events ADD FOREIGN KEY (account) REFERENCES accounts",
)


def fill(url: str, megabytes: int) -> None:
    """A database of about that size: numbers, texts that do not repeat, times, UUIDs, JSON, foreign keys, a GIN index."""
    accounts, orders, events = (int(share * megabytes * MB / width) for share, width in (_ACCOUNTS, _ORDERS, _EVENTS))
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in (
            "SET maintenance_work_mem = '512MB'",
            *SCHEMA,
            f"INSERT INTO accounts SELECT i, i % 100, (i * 37 % 100000) / 7.0, 'account ' || md5(i::text), repeat(md5((i * 3)::text), 3) FROM generate_series(1, {accounts}) i",
            f"INSERT INTO orders SELECT i, 1 + (i::bigint * 7919) % {accounts}, md5(i::text)::uuid, '2026-01-01'::timestamptz + i * '1 s'::interval, (i % 9973) / 3.0, 'order ' || md5((i * 11)::text) || md5((i * 13)::text) FROM generate_series(1::bigint, {orders}) i",
            f"INSERT INTO events (account, kind, payload, at) SELECT 1 + (i::bigint * 104729) % {accounts}, 'kind ' || i % 40, jsonb_build_object('session', md5(i::text), 'page', i % 5000, 'tags', jsonb_build_array(i % 17, i % 23, 'x' || i % 101), 'text', md5((i * 5)::text)), '2026-01-01'::timestamptz + i * '2 s'::interval FROM generate_series(1, {events}) i",
            *INDEXES,
            "VACUUM ANALYZE",
        ):
            conn.execute(statement.encode())


def seconds(act: Callable[[], Any]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


class Bench:
    """One server with one filled database, and a folder to work in."""

    def __init__(self, cluster: Cluster, work: Path, jobs: int) -> None:
        self.cluster, self.work, self.jobs = cluster, work, jobs
        self.target = Target("bench", Secret(cluster.url("app")))
        self.settings = Settings(
            recovery=Recovery(folder=work / "backups", key=work / "key", jobs=jobs, binaries=cluster.binaries.folder)
        )
        own = cluster.binaries
        self.tools: ClientTools = client_tools.find(own.major, configured=own.folder)
        self.rounds = 0

    def shell(self, command: str) -> None:
        """As a person would type it."""
        env = {**os.environ, "PATH": f"{self.tools.folder}:{os.environ['PATH']}"}
        subprocess.run(["bash", "-c", command], check=True, env=env, stdout=subprocess.DEVNULL)

    def usual(self) -> dict[str, float]:
        """`pg_dump | gzip`, then `gunzip -c | psql` into a fresh database."""
        file = self.work / "usual.sql.gz"
        backup = seconds(lambda: self.shell(f"pg_dump '{self.cluster.url('app')}' | gzip > {file}"))
        fresh = self.cluster.create_database("usual")
        restore = seconds(lambda: self.shell(f"gunzip -c {file} | psql -q '{fresh}'"))
        size = file.stat().st_size / MB
        self.drop("usual")
        file.unlink()
        return {"backup": backup, "restore": restore, "megabytes": size}

    def ours(self) -> dict[str, float]:
        """Backup with census, read back; restore beside, statistics, census compared, swap and undo of the swap."""
        self.rounds += 1
        recovery, watch = self.settings.recovery, Watch()
        found = dump.survey(self.target, recovery)
        name = f"bench-{self.rounds}"
        order = Order(name, self.work / "backups" / name, self.jobs, dump.compression(self.tools, "auto"))
        signer = keys.signer(recovery.key)
        taken: list[Any] = []

        def take() -> None:
            with backups.taking(order.part):
                taken.append(dump.take(self.target, order, found, recovery, signer, watch))

        backup = seconds(take)
        folder, sealed = taken[0]
        source = sources.at(folder, self.settings)
        back = seconds(lambda: sources.check(source, self.tools, self.settings, watch))
        check = seconds(lambda: sources.check(source, self.tools, self.settings, watch, deep=False))
        place = Place(self.target, f"app_restored_{self.rounds}", f"token{self.rounds}")
        way = Way(self.tools, self.cluster.binaries.major, self.jobs, memory=loading.memory_of(self.jobs, here=True))
        restoring.create(place, restoring.likeness(self.target))
        spent = loading.load(source, place, way, watch)
        reports: list[dict[str, Any]] = []
        judge = seconds(lambda: reports.append(restoring.judge(source, place, watch, jobs=self.jobs)))
        assert reports[0]["verdict"] == "passed", reports[0]["differences"][:3]
        restoring.drop(self.target, place.database, place.token)
        size = sealed.manifest.stored / MB
        shutil.rmtree(folder)
        return {"backup": backup + back, "back": back, "check": check, "load": spent["load_seconds"],
                "analyze": spent["analyze_seconds"], "census": judge, "megabytes": size}  # fmt: skip

    def drop(self, database: str) -> None:
        """Drop a database of the bench."""
        with psycopg.connect(self.cluster.url(), autocommit=True) as conn:
            conn.execute(f'DROP DATABASE "{database}"'.encode())


def summary(usual: list[dict[str, float]], ours: list[dict[str, float]]) -> dict[str, Any]:
    """Medians, and ratios of the usual way to ours: above 1 is quicker."""
    old, new = ({key: statistics.median(one[key] for one in rounds) for key in rounds[0]} for rounds in (usual, ours))
    whole = new["check"] + new["load"] + new["analyze"] + new["census"]
    return {
        "usual": {key: round(value, 2) for key, value in old.items()},
        "ours": {key: round(value, 2) for key, value in new.items()} | {"file_to_verified": round(whole, 2)},
        "ratio": {
            "backup": round(old["backup"] / new["backup"], 2),
            "restore_alone": round(old["restore"] / new["load"], 2),
            "file_to_verified": round(old["restore"] / whole, 2),
        },
    }


def exchange(cluster: Cluster, work: Path, swaps: int) -> dict[str, Any]:
    """Under writers that connect again at once: seconds until a fence is proved, commits after that, and who a swap turns away."""
    with Cluster(work / "store", fsync=False) as own:
        url = own.create_database("fireline")
        migrate(url)
        store = Store(url)
        try:
            patient = Target("bench", Secret(cluster.url("postgres")))
            return {
                "fence": _fence(store, patient, max(swaps // 4, 1)),
                "swap": traffic.bench_swap(store, patient, swaps=swaps),
            }
        finally:
            store.close()


def _fence(store: Store, patient: Target, times: int) -> dict[str, Any]:
    """Raised and proved again and again; the application's acknowledged writes are counted meanwhile."""
    took, late = [], 0
    with scene(store, patient) as shop:
        target = dataclasses.replace(shop.target, application_dsn=Secret(shop.app_dsn()))
        held = hand(store)
        with traffic.Writers(shop.app_dsn()) as pressing:
            for _ in range(times):
                pressing.more(50)
                plan = fence.plan(target, fence.parameters(), held)
                began = time.perf_counter()
                done = fence.do(target, plan, held)
                took.append(time.perf_counter() - began)
                assert done.facts["proved"], done.summary
                before = len(pressing.acknowledged)
                time.sleep(0.3)
                late += len(pressing.acknowledged) - before
                assert fence.undo is not None
                fence.undo(target, plan, held)
    return {
        "times": times,
        "proved_s_p50": round(statistics.median(took), 2),
        "proved_s_max": round(max(took), 2),
        "commits_after_proved": late,
    }


def measure(megabytes: int, rounds: int, jobs: int, binaries: Path | None, swaps: int = 20) -> dict[str, Any]:
    """The whole comparison; the usual way and ours by turns, on a database that is in memory."""
    with tempfile.TemporaryDirectory(prefix="fireline-recover-", dir="/var/tmp") as folder:
        work = Path(folder)
        with Cluster(work / "cluster", binaries, settings=SETTINGS) as cluster:
            fill(cluster.create_database("app"), megabytes)
            bench = Bench(cluster, work, jobs)
            with psycopg.connect(cluster.url("app")) as conn:
                row = conn.execute(
                    "SELECT pg_database_size(current_database()), current_setting('server_version')"
                ).fetchone()
            assert row is not None
            usual, ours = [], []
            for _ in range(rounds):
                usual.append(bench.usual())
                ours.append(bench.ours())
            result = summary(usual, ours) | exchange(cluster, work, swaps)
            cluster.stop("immediate")
    about = {"postgres": row[1].split()[0], "database_megabytes": round(row[0] / MB), "jobs": jobs, "cores": os.cpu_count(),
             "rounds": rounds, "compress": dump.compression(bench.tools, "auto")}  # fmt: skip
    return {**about, **result}


def table(found: list[dict[str, Any]]) -> str:
    """The measurements as docs/recovery.md has them."""

    def line(name: str, *values: object) -> str:
        return "| " + " | ".join([name, *(str(value) for value in values)]) + " |"

    head = [
        f"PostgreSQL {one['postgres']}, {one['database_megabytes']:,} MB, {one['jobs']} jobs on {one['cores']} cores, {one['compress']}"
        for one in found
    ]
    parts = [
        ("`pg_dump \\| gzip`, s", lambda one: one["usual"]["backup"]),
        ("backup with census and signature, read back, s", lambda one: one["ours"]["backup"]),
        ("of that reading back, s", lambda one: one["ours"]["back"]),
        ("**times as quick**", lambda one: f"**{one['ratio']['backup']}**"),
        ("size of both, MB", lambda one: f"{one['usual']['megabytes']:.0f} / {one['ours']['megabytes']:.0f}"),
        ("`gunzip -c \\| psql`, s, nothing verified", lambda one: one["usual"]["restore"]),
        ("loading beside, s", lambda one: one["ours"]["load"]),
        ("**times as quick**", lambda one: f"**{one['ratio']['restore_alone']}**"),
        ("checksums before, s", lambda one: one["ours"]["check"]),
        ("statistics for the planner, s", lambda one: one["ours"]["analyze"]),
        ("every row compared, s", lambda one: one["ours"]["census"]),
        ("**file to verified database, times as quick**", lambda one: f"**{one['ratio']['file_to_verified']}**"),
        (
            "fence under traffic until proved, s, p50 / max",
            lambda one: f"{one['fence']['proved_s_p50']} / {one['fence']['proved_s_max']}",
        ),
        ("commits after it was proved", lambda one: one["fence"]["commits_after_proved"]),
        (
            "connections refused inside a swap, ms, p50 / max",
            lambda one: f"{one['swap']['refused_ms_p50']} / {one['swap']['refused_ms_max']}",
        ),
        (
            "the least by hand, ms, p50 / max",
            lambda one: f"{one['swap']['floor']['refused_ms_p50']} / {one['swap']['floor']['refused_ms_max']}",
        ),
    ]
    return "\n".join(
        [
            line("", *head),
            line("---", *["---"] * len(found)),
            *(line(name, *map(value, found)) for name, value in parts),
        ]
    )


def write(found: list[dict[str, Any]]) -> None:
    """Put the table between its marks in docs/recovery.md."""
    text = DOCS.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCS.write_text(f"{before}{BEGIN}\n{table(found)}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--swaps", type=int, default=20)
    parser.add_argument("--binaries", type=Path, action="append")
    parser.add_argument("--write", action="store_true", help="put the table into docs/recovery.md")
    told = parser.parse_args()
    found = []
    for one in told.binaries or [None]:
        found.append(measure(told.megabytes, told.rounds, told.jobs, one, told.swaps))
        print(json.dumps(found[-1], indent=1), flush=True)
    if told.write:
        write(found)


if __name__ == "__main__":
    main()
