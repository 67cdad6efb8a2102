"""Acknowledge one alert per request, durably committed, while a worker takes them; beside the floor, in the same run.

python -m bench.ingest [--requests 6000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import time

from bench.place import TOKEN, Place, median, percentile, place


def load(url: str, total: int, connections: int = 64, rate: float = 0) -> dict[str, float]:
    """One load in a process of its own: requests a second, and latencies in milliseconds."""
    words = [sys.executable, "-m", "bench.load", url, str(total), str(connections), str(rate)]
    told = json.loads(subprocess.run(words, check=True, capture_output=True, timeout=300).stdout)
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


def measure(requests: int, rounds: int) -> dict[str, float]:
    """Floor and Fireline in turn, so that both see the same machine; medians over the rounds."""
    with place() as at:
        bare = floor(at)
        base = at.server()
        at.worker()
        ours = f"{base}/in/generic?token={TOKEN}"
        load(bare, requests // 10)
        load(ours, requests // 10)
        pairs = [(load(bare, requests), load(ours, requests)) for _ in range(rounds)]
        steady = load(ours, min(requests, 2500), rate=500)
        return {
            "floor_per_second": round(median([one["per_second"] for one, _ in pairs])),
            "fireline_per_second": round(median([two["per_second"] for _, two in pairs])),
            "ratio": round(median([two["per_second"] / one["per_second"] for one, two in pairs]), 2),
            "p99_ms_at_500_a_second": round(steady["p99_ms"], 1),
            "p50_ms_at_500_a_second": round(steady["p50_ms"], 1),
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.requests, chosen.rounds), indent=2))
