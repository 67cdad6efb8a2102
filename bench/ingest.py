"""Alerts acknowledged, each durably committed, while a worker takes them: single, in batches, in a storm; beside the floor.

python -m bench.ingest [--requests 6000] [--rounds 3] [--storm 50000] [--incidents 0] [--alerts 60]
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

from bench import page
from bench.place import TOKEN, Place, median, percentile, place

BATCH = 50
TICK = os.sysconf("SC_CLK_TCK")


def load(
    url: str, total: int, connections: int = 64, rate: float = 0, batch: int = 1, keys: int = 100
) -> dict[str, float]:
    """One load in a process of its own: alerts a second, and latencies in milliseconds."""
    words = [sys.executable, "-m", "bench.load", url, *map(str, (total, connections, rate, batch, keys))]
    told = json.loads(subprocess.run(words, check=True, capture_output=True, timeout=1_800).stdout)
    assert told["refused"] == 0, f"{told['refused']} were not accepted"
    latencies = told["latencies"]
    return {
        "per_second": total / told["seconds"],
        "p50_ms": percentile(latencies, 0.5),
        "p99_ms": percentile(latencies, 0.99),
    }


def floor(at: Place) -> str:
    """Start the floor; where it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    at.processes.append(
        subprocess.Popen([sys.executable, "-m", "bench.floor", at.store.create_database("floor"), str(port)])
    )
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return f"http://127.0.0.1:{port}/in/floor?x"
    raise RuntimeError("the floor did not start")


def side_by_side(bare: str, ours: str, total: int, rounds: int, batch: int, server: int) -> dict[str, float]:
    """Floor and Fireline in turn, so that both see the same machine; medians over the rounds."""
    pairs, cpu = [], []
    for _ in range(rounds):
        one = load(bare, total, batch=batch)
        before = processor_seconds(server)
        pairs.append((one, load(ours, total, batch=batch)))
        cpu.append((processor_seconds(server) - before) / total * 1e6)
    return {
        "floor_per_second": round(median([one["per_second"] for one, _ in pairs])),
        "fireline_per_second": round(median([two["per_second"] for _, two in pairs])),
        "ratio": round(median([two["per_second"] / one["per_second"] for one, two in pairs]), 2),
        "server_processor_us_per_alert": round(median(cpu)),
    }


def storm(at: Place, url: str, total: int, keys: int, batch: int) -> dict[str, Any]:
    """Many at once; how long until all are acknowledged, then taken, what became of them, and what it cost in memory."""
    with psycopg.connect(at.url, autocommit=True) as conn:

        def count(statement: str) -> int:
            found = conn.execute(f"SELECT count(*) FROM fireline.{statement}".encode()).fetchone()
            return int(found[0]) if found else 0

        before = {name: count(name) for name in ("signal", "alert", "incident", "outbox")}
        began = time.perf_counter()
        sent = load(url, total, batch=batch, keys=keys)
        acknowledged = time.perf_counter() - began
        while count("signal WHERE taken_at IS NULL"):
            time.sleep(0.2)
        made = {name: count(name) - was for name, was in before.items()}
    return {
        "alerts_per_second": round(sent["per_second"]),
        "p99_ms": round(sent["p99_ms"]),
        "acknowledged_s": round(acknowledged, 1),
        "taken_s": round(time.perf_counter() - began, 1),
        "lost": total // batch - made["signal"],
        "alerts": made["alert"],
        "incidents": made["incident"],
        "messages": made["outbox"],
        "memory_mb": memory(at),
    }


def processor_seconds(pid: int) -> float:
    """What a process has used of the processors."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(at: Place) -> dict[str, int]:
    """The most that server and worker have held since their start."""
    found = {}
    for name, process in zip(("server", "worker"), at.fireline, strict=True):
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        found[name] = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024
    return {**found, "both": sum(found.values())}


def measure(requests: int, rounds: int, storm_of: int, incidents: int, alerts: int) -> dict[str, Any]:
    """All of it, on a store with durable commits."""
    with place() as at:
        bare = floor(at)
        base = at.server()
        at.worker()
        server, ours = at.fireline[0].pid, f"{base}/in/generic?token={TOKEN}"
        idle = memory(at)
        load(bare, requests // 10)
        load(ours, requests // 10)
        steady = load(ours, min(requests, 2500), rate=500)
        return {
            "single": side_by_side(bare, ours, requests, rounds, 1, server),
            "p50_ms_at_500_a_second": round(steady["p50_ms"], 1),
            "p99_ms_at_500_a_second": round(steady["p99_ms"], 1),
            "batches_of_50": side_by_side(bare, ours, requests * 5, rounds, BATCH, server),
            "idle_memory_mb": idle,
            "storm_over_100_keys": storm(at, ours, storm_of, 100, 1),
            **({"storm_of_incidents": storm(at, ours, incidents, incidents, BATCH)} if incidents else {}),
            **({"alert_to_page": page.measure(alerts)} if alerts else {}),
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--storm", type=int, default=50_000)
    parser.add_argument("--incidents", type=int, default=0, help="alerts of a key each, in one more storm")
    parser.add_argument("--alerts", type=int, default=60, help="that are followed to the page; 0: none")
    chosen = parser.parse_args()
    done = measure(chosen.requests, chosen.rounds, chosen.storm, chosen.incidents, chosen.alerts)
    print(json.dumps(done, indent=2))
